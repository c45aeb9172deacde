"""Ports of this machine for what cannot be given one by the kernel when it starts."""

import os
import random
from collections.abc import Iterator
from itertools import cycle
from socket import SO_REUSEADDR, SOL_SOCKET, socket

# The kernel hands out those from 32768 on by itself: between a look and a start, a connection that goes out could take
# one. Runs side by side have a part each.
_FIRST, _PORTS_EACH, _PARTS = 20_000, 1_000, 12


def _in_turn() -> Iterator[int]:
    part = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % _PARTS
    first = _FIRST + part * _PORTS_EACH
    return cycle(random.sample(range(first, first + _PORTS_EACH), _PORTS_EACH))


_PORTS = _in_turn()


def free_port() -> int:
    """A port nobody listens on just now, and which nobody else is told of for a while."""
    return next(port for port in _PORTS if _is_free(port))


def _is_free(port: int) -> bool:
    with socket() as probe:
        probe.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
