"""A place in the log of Postgres: what a replica must have replayed to show a write."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

SERVER_POSITION = Path(__file__).with_name("server_position.sql").read_text(encoding="utf-8")

_TOKEN = re.compile(r"([0-9a-f]{1,8})-([0-9a-f]{1,16})", re.ASCII)
"""32 bits of a timeline and 64 of a place, as Postgres has them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """So many bytes from the log's begin (a pg_lsn as a number), on a timeline."""

    timeline: int
    place: int

    @property
    def token(self) -> str:
        """As callers are told it."""
        return f"{self.timeline:x}-{self.place:x}"


def position_of(token: str) -> Position:
    """The position a token tells; raises ValueError where it is none."""
    found = _TOKEN.fullmatch(token)
    if found is None:
        raise ValueError(token)
    return Position(timeline=int(found[1], 16), place=int(found[2], 16))


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a server told of itself: since when it runs, whether it is a replica, and how far it has come."""

    began_at: float
    """Seconds since 1970 by its own clock, to the microsecond: no two servers and no two lives of one share it."""
    is_replica: bool
    position: Position


def seen_in(rows: Sequence[tuple[object, ...]]) -> Seen:
    """What SERVER_POSITION was answered with."""
    [(began_at, is_replica, timeline, place)] = rows
    if not (isinstance(began_at, float) and isinstance(timeline, int) and isinstance(place, int)):
        raise TypeError(rows)
    return Seen(began_at=began_at, is_replica=bool(is_replica), position=Position(timeline=timeline, place=place))
