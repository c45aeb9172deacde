"""Which processor core runs what: the server measured has one to itself, all else shares the rest."""

import os
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Cores:
    """Core numbers of this machine."""

    server: int
    others: frozenset[int]


class TooFewCores(Exception):  # noqa: N818 - it says what is wrong
    """A benchmark needs two cores: one for the server, one for Postgres and the load."""


def divide(available: frozenset[int]) -> Cores:
    """Give the server the last one; raises TooFewCores where nothing would be left."""
    if len(available) < 2:
        raise TooFewCores(TooFewCores.__doc__)
    server = max(available)
    return Cores(server=server, others=available - {server})


def take_the_rest() -> Cores:
    """Put this process and all it starts from now on, Postgres and the load generator, on the others' cores."""
    cores = divide(frozenset(os.sched_getaffinity(0)))
    os.sched_setaffinity(0, cores.others)
    return cores
