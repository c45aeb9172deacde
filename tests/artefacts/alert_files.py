"""The committed alert rules, their promtool tests and their runbooks, read."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.source_tree import PROJECT

FOLDER = PROJECT / "alerts"
RULE_FILES = sorted(FOLDER.glob("*.rules.yaml"))
TEST_FILES = sorted((FOLDER / "tests").glob("*.yaml"))
RUNBOOKS = {path.stem: path.read_text() for path in sorted((FOLDER / "runbooks").glob("*.md"))}

_ASKED = re.compile(r'ALERTS\{.*?alertname="(?P<alert>\w+)"')
_LABEL = re.compile(r'(\w+)="')


@dataclass(frozen=True, slots=True, kw_only=True)
class Fired:
    """What a promtool test says of an alert: the labels of each that fires at a moment; none where it must not."""

    alert: str
    labels: tuple[frozenset[str], ...]


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


def rules() -> list[Mapping[str, Any]]:
    return [rule for path in RULE_FILES for group in read(path)["groups"] for rule in group["rules"]]


ALERTS: Mapping[str, Mapping[str, Any]] = {rule["alert"]: rule for rule in rules() if "alert" in rule}
RECORDED = {rule["record"] for rule in rules() if "record" in rule}


def fired() -> Iterator[Fired]:
    """What every promtool test asks of `ALERTS`."""
    for path in TEST_FILES:
        for test in read(path)["tests"]:
            for asked in test.get("promql_expr_test", ()):
                found = _ASKED.search(asked["expr"])
                if found:
                    samples = asked.get("exp_samples") or ()
                    labels = tuple(frozenset(_LABEL.findall(sample["labels"])) for sample in samples)
                    yield Fired(alert=found["alert"], labels=labels)
