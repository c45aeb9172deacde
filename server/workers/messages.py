"""What a supervisor and a worker say to each other: plain values, a line of JSON each."""

from dataclasses import asdict, dataclass

import orjson


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """To a worker, first of all: which of how many it is, and the descriptors of its sockets, which it has inherited.

    One that joins another in its place answers probes only when all is ready. `seed` is a folder to fill empty tables
    from.
    """

    number: int
    workers: int
    joins: bool
    api: list[int]
    admin: list[int]
    admin_ports: list[int]
    seed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageGiven:
    """To a worker: where the embedded servers listen; or why there are none."""

    postgres_dsn: str = ""
    redis_url: str = ""
    serving_dsn: str = ""
    refusal: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """To a worker: finish what is under way and end; where it has been replaced, without waiting for balancers."""

    is_replaced: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageWanted:
    """From a worker: it needs the embedded servers, for the service of this name."""

    service: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """From a worker: it answers requests; `listed` is a path worth trying."""

    service: str
    version: str
    url: str
    admin_url: str
    listed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """From a worker that cannot start: why; it has told people already."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Alive:
    """From a worker, again and again: its loop turns."""


Message = Assignment | StorageGiven | Leave | StorageWanted | Ready | Failed | Alive

_KINDS: dict[str, type[Message]] = {
    kind.__name__: kind for kind in (Assignment, StorageGiven, Leave, StorageWanted, Ready, Failed, Alive)
}


def line_of(message: Message) -> bytes:
    """The message on a line."""
    return orjson.dumps([type(message).__name__, asdict(message)], option=orjson.OPT_APPEND_NEWLINE)


def message_in(line: bytes) -> Message:
    """Read such a line; both ends are this program, so that nothing else comes."""
    kind, values = orjson.loads(line)
    return _KINDS[kind](**values)
