"""How a connection's requests arrive: which part is under way, and whether it is late."""

import math
from dataclasses import dataclass
from typing import Literal, Protocol

Late = Literal["slow_headers", "slow_body"]


class Body(Protocol):
    """A body that is arriving; aiohttp's."""

    @property
    def total_bytes(self) -> int:
        """How much of it has come."""

    def is_eof(self) -> bool:
        """Whether all of it is there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArrivalPolicy:
    """How long a caller may take over a request.

    Headers come in one packet or two: 5 s bridge a lost one on the worst of lines. A body has as long, and a second
    more for each 16 KiB that has come, which is a tenth of what a poor mobile line carries.
    """

    headers_seconds: float = 5.0
    body_seconds: float = 5.0
    body_bytes_a_second: float = 16_384.0


class Arrival:
    """Told of all that comes over a connection, knows what has begun and not ended."""

    __slots__ = ("_began", "_body", "_policy", "is_under_way")

    def __init__(self, policy: ArrivalPolicy) -> None:
        self._policy = policy
        self._began = math.inf
        self._body: Body | None = None
        self.is_under_way = False
        """Whether something has begun to arrive and is not all there."""

    @property
    def body(self) -> Body | None:
        """The body that is under way."""
        return self._body

    def received(self, *, body: Body | None, now: float) -> None:
        """Bytes have come; `body` is that of the last request whose headers they completed, None for none."""
        self.is_under_way = True
        if body is not None:
            self._body, self._began = body, now
        elif self._body is None and math.isinf(self._began):
            self._began = now
        if self._body is not None and self._body.is_eof():
            self.forget()

    def forget(self) -> None:
        """Nothing is under way any more."""
        self._body, self._began, self.is_under_way = None, math.inf, False

    def late(self, now: float) -> Late | None:
        """What has taken too long; None while all is well."""
        seconds, policy = now - self._began, self._policy
        if self._body is None:
            return "slow_headers" if seconds > policy.headers_seconds else None
        allowed = policy.body_seconds + self._body.total_bytes / policy.body_bytes_a_second
        return "slow_body" if seconds > allowed else None
