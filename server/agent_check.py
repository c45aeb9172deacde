"""Tells a balancer how much of its share this process can take: the agent checks of HAProxy.

HAProxy connects to a port every half second, reads a line and hangs up: `up 63%` makes the process' weight 63 % of the
configured one, `down # reason` has it left out. Two of the protocol's words are not used. `drain` stays until `ready`
is said, and `ready` undoes what an operator has told the balancer by hand as well: a replica that somebody has taken
out would be back half a second later. `down` until `up` is the same for callers, as what is under way is finished.
"""

import asyncio
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from middleware.inbound.binding import Bound
from middleware.outbound.clock import CLOCK, Clock, Timer


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadPolicy:
    """What is load, and for how long.

    Looked at every `look_seconds`, which costs microseconds and sees any stall that a caller could. Remembered for
    about `memory_seconds`, two of the balancer's questions: what it does about an answer shows in the next but one, so
    that a replica is not emptied and flooded in turn. At a lag of `full_lag_seconds` a process has nothing to give: a
    request takes some four turns of the loop (see middleware/inbound/concurrency.py), so that a fifth of a second is
    only waited. It is never less than `least_percent`: a process that got nothing would look idle, and where all are
    full, all are so much.
    """

    look_seconds: float = 0.05
    memory_seconds: float = 1.0
    full_lag_seconds: float = 0.05
    least_percent: int = 10


class Load:
    """How busy the process has been of late: from 0, where a request finds nobody, to 1, where it has to wait.

    The greater of two: `fullness`, the requests at work or held as a share of those that may be at work, or how much of
    their time the loop's turns take where requests wait for nothing else (see Shed), and the event loop's lag as a
    share of the one that is too much. Not their sum, as many requests are late by both; and not the CPU, whose share
    moves with every request: weights would follow it up and down where no caller waits. A starved machine or a handler
    that blocks shows in the lag alone, and what only waits for Postgres in neither: elsewhere it would wait for the
    same one.
    """

    def __init__(
        self, fullness: Callable[[], float], *, policy: LoadPolicy | None = None, clock: Clock = CLOCK
    ) -> None:
        self._fullness = fullness
        self._policy = policy or LoadPolicy()
        self._clock = clock
        self._looked = 0.0
        self._share = 0.0
        self._timer: Timer | None = None

    @property
    def percent(self) -> int:
        """What it can take of its usual share."""
        return max(self._policy.least_percent, round(100 * (1 - self._share)))

    def start(self) -> None:
        """Look until `stop`; an event loop must be running."""
        self._looked = self._clock.now()
        self._timer = self._clock.call_later(self._policy.look_seconds, self._look)

    def stop(self) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()

    def _look(self) -> None:
        policy = self._policy
        elapsed_seconds = self._clock.now() - self._looked
        lag_seconds = max(0.0, elapsed_seconds - policy.look_seconds)
        found = min(1.0, max(self._fullness(), lag_seconds / policy.full_lag_seconds))
        # By time and not by looks: in a stall there is only one.
        self._share += (found - self._share) * (1 - math.exp(-elapsed_seconds / policy.memory_seconds))
        self.start()


class AgentCheck:
    """Answers whoever connects; `why_not` says why nothing should be sent here, None where something should."""

    def __init__(self, load: Load, *, why_not: Callable[[], str | None] | None = None) -> None:
        self._load = load
        self._why_not = why_not
        self._servers: list[asyncio.Server] = []

    @property
    def line(self) -> bytes:
        """What is answered just now."""
        reason = None if self._why_not is None else self._why_not()
        return b"up %d%%\n" % self._load.percent if reason is None else f"down # {reason}\n".encode()

    async def listen_on(self, bound: Bound) -> None:
        """Answer at an address that has been taken; raises OSError where that cannot be."""
        loop = asyncio.get_running_loop()
        for one in bound.sockets:
            self._servers.append(await loop.create_server(lambda: _Answer(self), sock=one))
        self._load.start()

    async def close(self) -> None:
        """Answer no more."""
        self._load.stop()
        for server in self._servers:
            server.close()
            await server.wait_closed()


class _Answer(asyncio.Protocol):
    """One line, and the connection is over."""

    def __init__(self, agent: AgentCheck) -> None:
        self._agent = agent

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Say it; whatever is asked is not read."""
        stream = cast("asyncio.Transport", transport)  # of a socket it is one; uvloop's is not derived from it
        stream.write(self._agent.line)
        stream.close()
