"""docker-compose.yml, read."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from tests.source_tree import PROJECT

FILE = PROJECT / "docker-compose.yml"
SECRETS_MADE = frozenset(
    re.findall(r"^put (\S+ \d+ \S+)", (PROJECT / "deploy/compose/secrets.sh").read_text(), re.MULTILINE)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Composed:
    """A service of the file, its anchors resolved."""

    name: str
    said: Mapping[str, Any]

    @property
    def environment(self) -> Mapping[str, str]:
        """Its variables."""
        return dict(self.said.get("environment", {}))

    @property
    def uid(self) -> str:
        """As whom it runs."""
        return str(self.said["user"]).partition(":")[0]

    @property
    def files(self) -> Iterator[tuple[str, str]]:
        """What it mounts of the project: the path here, the path there."""
        for volume in self.said.get("volumes", []):
            if isinstance(volume, str) and volume.startswith("./"):
                here, there, _ = volume.split(":")
                yield here, there

    @property
    def secrets(self) -> Iterator[str]:
        """The folders of secrets it mounts."""
        for volume in self.said.get("volumes", []):
            if isinstance(volume, dict):
                yield volume["volume"]["subpath"]


def composed() -> list[Composed]:
    """Every service."""
    document = yaml.safe_load(FILE.read_text())
    return [Composed(name=name, said=said) for name, said in document["services"].items()]
