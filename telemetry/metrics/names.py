"""What there will be to measure, as the declaration tells before anything happens."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from telemetry.events import Dependency


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """Pools, classes of work (`postgres.reads`), upstreams, cached areas."""

    pools: Sequence[str] = ()
    targets: Sequence[str] = ()
    upstreams: Sequence[Dependency] = ()
    caches: Sequence[str] = ()

    @property
    def words(self) -> Mapping[str, Sequence[str]]:
        """The values of each label that these are."""
        return {"pool": self.pools, "target": self.targets, "name": self.targets, "cache": self.caches}
