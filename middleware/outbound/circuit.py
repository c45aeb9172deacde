"""A circuit breaker for asyncio: pybreaker's states, storage and listeners around a judgement of our own.

pybreaker alone counts only failures in a row, lets every waiter through when half open, reads the wall clock and
takes a cancelled call for a good or a bad one. Here each call is admitted and later settled, once:

    closed     every call passes; failures and slow calls are counted over a sliding window
    open       no call passes, for a time that grows with each failed trial
    half_open  exactly `probes` calls pass: all good closes it, one bad opens it

What was admitted under one state says nothing of the next: a result that comes late is ignored. A call that was
cancelled says nothing either, unless it had been slow by then: its caller may have left for just that reason.
No call is slow for the time in which our own event loop was held up: its answer may have been there all along.
"""

import math
from collections import deque
from collections.abc import Callable
from typing import Literal

from pybreaker import CircuitBreaker, CircuitBreakerListener, CircuitBreakerState

from middleware.outbound.clock import Clock
from middleware.outbound.layer_policies import BreakerOpen, BreakerPolicy
from middleware.outbound.window import Window
from middleware.sweeper import Sweeper
from telemetry.events import BreakerChanged, BreakerState, Observe

Verdict = Literal["good", "bad", "neutral"]
Force = Literal["forced_open", "forced_closed", "auto"]

STATES: dict[str, BreakerState] = {"closed": "closed", "open": "open", "half-open": "half_open"}
"""pybreaker's words for the states, and ours."""


class Admitted:
    """A call that was let through and has not been settled."""

    __slots__ = ("generation", "held_before", "is_overdue", "is_settled", "started")

    def __init__(self, generation: int, started: float, *, held_before: float) -> None:
        self.generation = generation
        self.started = started
        self.held_before = held_before
        self.is_settled = False
        self.is_overdue = False


class Circuit(CircuitBreaker):
    """Whether calls of one class of work to one dependency are let through."""

    def __init__(self, policy: BreakerPolicy, *, name: str, observe: Observe, clock: Clock, sweeper: Sweeper) -> None:
        self._policy = policy
        self._now = clock.now
        self._jitter = clock.jitter
        self._sweeper = sweeper
        self._window = Window(window_seconds=policy.window_seconds, buckets=policy.buckets)
        self._flying: deque[Admitted] = deque()
        self._generation = 0
        self._passes = True
        self._until = 0.0
        self._gone_since = 0.0
        self._openings = 0
        self._probing = self._proven = self._hanging = self._hung = 0
        self._answered = -math.inf
        self._looking = False
        self.force: Force = "auto"
        self._called = name
        super().__init__(name=name, listeners=[_Teller(self, observe)])

    @property
    def word(self) -> BreakerState:
        """The state in our words."""
        return STATES[self.current_state] if self.force == "auto" else self.force

    @property
    def called(self) -> str:
        """Its name, which pybreaker takes for optional."""
        return self._called

    @property
    def is_closed(self) -> bool:
        """Whether every call passes."""
        return self._passes

    @property
    def lets_try(self) -> bool:
        """Whether a call would pass now, unless others take the places of the probes first."""
        return self._passes or self._now() >= self._until

    def admit(self) -> Admitted:
        """Let a call through; raise BreakerOpen where it may not pass."""
        now = self._now()
        if not self._passes:
            self._ask_to_probe(now)
        admitted = Admitted(self._generation, now, held_before=self._sweeper.held_seconds(now))
        self._flying.append(admitted)
        if not self._looking:
            self._look_at(now + self._policy.slow_call_seconds)
        return admitted

    def settle(self, admitted: Admitted, verdict: Verdict) -> None:
        """Say how a call that was let through ended."""
        if admitted.is_settled:
            return
        admitted.is_settled = True
        if admitted.generation != self._generation:
            return
        now = self._now()
        if verdict == "good":
            self._answered, self._hung = now, 0
            if self._passes and now - admitted.started < self._policy.slow_call_seconds and not admitted.is_overdue:
                self._window.add_good(now)  # as nearly all of them are
                return
        if admitted.is_overdue:  # counted as slow already
            self._hanging -= 1
            self._hung += verdict != "good"
            if verdict == "bad":
                self._count(now, failed=True, slow=False)
            return
        slow = self._seconds_to_slow(admitted, now) <= 0
        if verdict != "neutral" or slow:
            self._count(now, failed=verdict == "bad", slow=slow)
        elif not self._passes:
            self._probing -= 1

    def refusal(self) -> BreakerOpen:
        """What a call is told that may not pass, and when it may come back.

        How long a failure will still last is best guessed by how long it has lasted (J. R. Gott, "Implications of the
        Copernican principle for our future prospects", Nature 363, 1993), and no call gets through before it is tried
        again and has proven itself: a second more.
        """
        policy, now = self._policy, self._now()
        gone = math.inf if self.force == "forced_open" else now - self._gone_since
        seconds = min(max(gone, self._until - now, policy.open_limit_seconds), policy.return_limit_seconds)
        spread = int(self._jitter() * (seconds // 2 + RETRY_SPREAD_SECONDS))
        return BreakerOpen(retry_after_seconds=math.ceil(seconds) + PROOF_SECONDS + spread)

    def set_force(self, force: Force) -> None:
        """Hold it open or closed whatever happens, or let it judge again, beginning anew."""
        self.force = force
        if force == "forced_open":
            self._turn(self.open, passes=False, until=math.inf)
        else:
            self._openings = 0
            self._turn(self.close, passes=True, until=0.0)

    def try_now(self) -> None:
        """Wait no longer with the next trial: there is reason to believe that whoever was gone is back."""
        if self.force == "auto" and self.current_state == "open":
            self._openings = 0
            self._until = self._now()

    def _ask_to_probe(self, now: float) -> None:
        if now < self._until:
            raise self.refusal()
        if self.current_state == "open":
            self._turn(self.half_open, passes=False, until=now)
        if self._probing >= self._policy.probes:
            raise self.refusal()
        self._probing += 1

    def _count(self, now: float, *, failed: bool, slow: bool) -> None:
        if not self._passes:
            self._weigh_probe(is_good=not (failed or slow))
            return
        self._window.add(now, failed=failed, slow=slow)
        if failed or slow:
            self._judge(now)

    def _weigh_probe(self, *, is_good: bool) -> None:
        self._proven += 1
        if not is_good:
            self._trip()
        elif self._proven >= self._policy.probes:
            self._openings = 0
            self._turn(self.close, passes=True, until=0.0)

    def _judge(self, now: float) -> None:
        policy, window = self._policy, self._window
        silent = now - self._answered >= policy.slow_call_seconds
        hangs = silent and self._hanging + self._hung >= policy.hanging_calls
        enough = window.calls >= policy.minimum_calls
        fails = enough and window.failures >= policy.failure_ratio * window.calls
        drags = enough and window.slow >= policy.slow_ratio * window.calls
        if self.force == "auto" and (hangs or fails or drags):
            self._trip()

    def _trip(self) -> None:
        policy = self._policy
        grown = policy.open_seconds * policy.open_growth**self._openings
        seconds = min(grown, policy.open_limit_seconds) * (1 - policy.open_jitter_ratio * self._jitter())
        if grown < policy.open_limit_seconds:
            self._openings += 1
        if self._passes:
            self._gone_since = self._now()
        self._turn(self.open, passes=False, until=self._now() + seconds)

    def _turn(self, change: Callable[[], object], *, passes: bool, until: float) -> None:
        """Begin a new generation; pybreaker keeps its state and tells the listeners."""
        self._generation += 1
        self._passes, self._until = passes, until
        self._probing = self._proven = self._hanging = self._hung = 0
        self._answered = self._now()
        self._flying.clear()
        self._window.clear()
        change()

    def _look_at(self, instant: float) -> None:
        self._looking = True
        self._sweeper.at(instant, self._look)

    def _look(self) -> None:
        """Count what has become slow without having ended; look again when the next one may have."""
        self._looking = False
        now, flying = self._now(), self._flying
        while flying and (flying[0].is_settled or self._seconds_to_slow(flying[0], now) <= 0):
            admitted = flying.popleft()
            if not admitted.is_settled:
                admitted.is_overdue = True
                self._hanging += 1
                self._count_overdue(now)
        if flying:
            self._look_at(now + self._seconds_to_slow(flying[0], now))

    def _seconds_to_slow(self, admitted: Admitted, now: float) -> float:
        left = self._policy.slow_call_seconds - (now - admitted.started)
        return left if left > 0 else left + self._sweeper.held_seconds(now) - admitted.held_before

    def _count_overdue(self, now: float) -> None:
        if self._passes:
            self._window.add(now, failed=False, slow=True)
            self._judge(now)
        else:
            self._weigh_probe(is_good=False)


PROOF_SECONDS = 1
RETRY_SPREAD_SECONDS = 2
"""Callers told the same moment would all come back in it: some are told up to half as long and a second more."""


class _Teller(CircuitBreakerListener):
    """Says each change of state as an event."""

    def __init__(self, circuit: Circuit, observe: Observe) -> None:
        self._circuit = circuit
        self._observe = observe

    def state_change(self, _breaker: object, *states: CircuitBreakerState | None) -> None:
        """Tell the second of the two, the new one; the breaker's own `current_state` is still the old one here."""
        force, new = self._circuit.force, states[-1]
        if new is not None:
            word = STATES[new.name] if force == "auto" else force
            self._observe(BreakerChanged(name=self._circuit.called, state=word))
