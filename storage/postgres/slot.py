"""What the pool's scheduling deals in: connections, their slots, and how many there are."""

from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from telemetry.events import DropReason


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolSize:
    """How many connections are idle and used, how many callers wait, and the most connections there may be."""

    idle: int
    used: int
    pending: int
    maximum: int


class Pooled(Protocol):
    """What the scheduling knows of a connection."""

    @property
    def fault(self) -> DropReason | None:
        """Why nobody may use it any more; None where somebody may."""

    @property
    def is_superseded(self) -> bool:
        """Whether another server has taken this one's place."""

    def abandon(self) -> None:
        """Close it under the one who uses it."""

    def close(self) -> None:
        """Let go of it, at once and whatever its state."""


C = TypeVar("C", bound=Pooled)


class Slot(Generic[C]):
    """A connection's place in the pool; `since` is when it last became used or idle, `opened` when it was made."""

    __slots__ = ("connection", "expires_at", "opened", "since")

    def __init__(self, connection: C, *, now: float, expires_at: float) -> None:
        self.connection = connection
        self.opened = self.since = now
        self.expires_at = expires_at
