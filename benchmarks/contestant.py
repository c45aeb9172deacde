"""A server that takes part: how it is named and started. It must do what cases.py asks, at the port it is given."""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

DSN_VARIABLE = "BENCH_POSTGRES_DSN"
PORT_VARIABLE = "BENCH_PORT"
POOL_CONNECTIONS = 10
"""How many connections to Postgres every contestant keeps: what Mainstay has unless told otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What a contestant is given: its own port, and servers which all share."""

    port: int
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

    `libraries` are the Python distributions whose versions belong to its figures.
    """

    name: str
    title: str
    does: str
    libraries: tuple[str, ...]
    launch: Callable[[Place], Launch]


def python_program(module: str) -> Callable[[Place], Launch]:
    """Launch a module of ours with this interpreter; `bare.py` reads what it is given."""

    def launch(place: Place) -> Launch:
        return Launch(
            arguments=(sys.executable, "-m", module),
            environment={DSN_VARIABLE: place.postgres_dsn, PORT_VARIABLE: str(place.port)},
        )

    return launch
