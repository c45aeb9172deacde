"""Whom a server lets go of where it has no room left: who has been idle longest, who has left an answer longest."""

from collections.abc import Iterable
from typing import Protocol, TypeVar

IDLE_SECONDS = 1.0
"""Nobody is idle between two requests of one page."""


class Idle(Protocol):
    """A connection that may be idle."""

    @property
    def idle_seconds(self) -> float:
        """For how long nothing has been asked or answered; 0 while something is."""


class Untaken(Protocol):
    """A connection whose answer may not have been taken."""

    @property
    def untaken_bytes(self) -> int:
        """What is left of finished answers; 0 for none."""

    @property
    def untaken_seconds(self) -> float:
        """For how long next to nothing has been taken of it."""


Idler = TypeVar("Idler", bound=Idle)
Owed = TypeVar("Owed", bound=Untaken)


def idle_longest(connections: Iterable[Idler], *, at_most: int) -> list[Idler]:
    """So many of those that have been idle for a while, the longest first."""
    idle = [one for one in connections if one.idle_seconds >= IDLE_SECONDS]
    return sorted(idle, key=lambda one: one.idle_seconds, reverse=True)[:at_most]


def untaken_longest(connections: Iterable[Owed], *, allowed_bytes: int) -> list[Owed]:
    """Of those who take next to nothing, who have left theirs longest: without them the rest is as much as allowed."""
    untaken = [one for one in connections if one.untaken_seconds > 0]
    excess_bytes = sum(one.untaken_bytes for one in untaken) - allowed_bytes
    if excess_bytes <= 0:
        return []
    found = []
    for one in sorted(untaken, key=lambda one: one.untaken_seconds, reverse=True):
        if excess_bytes <= 0:
            break
        excess_bytes -= one.untaken_bytes
        found.append(one)
    return found
