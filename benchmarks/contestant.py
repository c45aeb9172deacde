"""A server that takes part: how it is named and started. It must do what cases.py asks, at the port it is given."""

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.token import SECRET

DSN_VARIABLE = "BENCH_POSTGRES_DSN"
REDIS_VARIABLE = "BENCH_REDIS_URL"
PORT_VARIABLE = "BENCH_PORT"
SECRET_VARIABLE = "BENCH_TOKEN_SECRET"  # noqa: S105 - a name
POOL_CONNECTIONS = 10
"""How many connections to Postgres every contestant keeps: what Mainstay has unless told otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What a contestant is given: its own port and folder, and servers which all share."""

    port: int
    folder: Path
    postgres_dsn: str
    redis_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """A command line, and what its environment has besides ours."""

    arguments: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contestant:
    """One server: `name` is a word for files, `title` stands in tables, `does` says how it works in a sentence.

    `libraries` are the Python distributions whose versions belong to its figures; `missing` says why it cannot be
    started here, where it cannot.
    """

    name: str
    title: str
    does: str
    libraries: tuple[str, ...]
    launch: Callable[[Place], Launch]
    missing: Callable[[], str] = str


def python_program(module: str) -> Callable[[Place], Launch]:
    """Launch a module of ours with this interpreter; `bare.py` reads what it is given."""

    def launch(place: Place) -> Launch:
        return Launch(arguments=(sys.executable, "-m", module), environment=as_environment(place))

    return launch


def as_environment(place: Place) -> Mapping[str, str]:
    """The place for a program that is no service of ours."""
    return {
        DSN_VARIABLE: place.postgres_dsn,
        REDIS_VARIABLE: place.redis_url,
        PORT_VARIABLE: str(place.port),
        SECRET_VARIABLE: SECRET,
    }


def present(chosen: Iterable[Contestant]) -> Iterator[Contestant]:
    """Those that can be started here; why the others cannot is said."""
    for one in chosen:
        reason = one.missing()
        if reason:
            print(f"Without {one.title}: {reason}.", file=sys.stderr)
        else:
            yield one
