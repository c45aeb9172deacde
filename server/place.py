"""Where a process stands: alone, or as one of several workers, with what their supervisor gives it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from middleware.inbound.binding import Bound
from server.stop import Stop
from storage.embedded import Endpoints


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """By itself, one that is alone: it binds its ports and starts its embedded servers itself.

    `worker` counts those of a supervisor from 0, and `admin_ports` are those of all of them. One that `joins`
    another in its place answers on its admin port only when it can answer requests.
    """

    stop: Stop = field(default_factory=Stop)
    worker: int | None = None
    joins: bool = False
    api: Bound | None = None
    admin: Bound | None = None
    admin_ports: Sequence[int] = ()
    storage: Callable[[str], Awaitable[Endpoints]] | None = None
    """Asks for the embedded servers of the service of this name; raises StartFailed."""
