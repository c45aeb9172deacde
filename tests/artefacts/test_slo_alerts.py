"""Each alert on an objective, over each of its windows, fires in a test of its own and is silent in it too."""

import re
from collections.abc import Iterator

from tests.artefacts.alert_files import FOLDER, TEST_FILES, read

Rule = tuple[str, str, str]
"""An alert's name, its objective and its window: there is one rule for each."""

_ASKED = re.compile(r'alertname="(\w+)",.*sli="(\w+)",window="(\w+)"')


def rules() -> set[Rule]:
    groups = read(FOLDER / "slo.rules.yaml")["groups"]
    alerts = [rule for group in groups for rule in group["rules"] if "alert" in rule]
    return {(rule["alert"], rule["labels"]["sli"], rule["labels"]["window"]) for rule in alerts}


def told(*, fires: bool) -> Iterator[Rule]:
    """What the promtool tests ask for by name, objective and window."""
    for test in (test for path in TEST_FILES for test in read(path)["tests"]):
        for asked in test.get("promql_expr_test", ()):
            found = _ASKED.search(asked["expr"])
            if found and bool(asked["exp_samples"]) == fires:
                yield found[1], found[2], found[3]


def test_there_is_an_alert_for_each_objective_of_the_shop_over_each_window() -> None:
    slis = {sli for _, sli, _ in rules()}

    assert slis == {"availability", "latency", "post_checkout_availability", "post_checkout_latency"}
    assert len(rules()) == 4 * len(slis)


def test_each_of_them_is_seen_to_fire_and_to_be_silent() -> None:
    assert (rules() - set(told(fires=True)), rules() - set(told(fires=False))) == (set(), set())
