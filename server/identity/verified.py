"""Credentials that were found good a moment ago, by their digest: what makes the second request cheap."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from middleware.inbound.principal import Principal

REMEMBERED_SECONDS = 60.0
"""How long at most nobody is asked again: how late at most a change is seen that was told to nobody."""

MAXIMUM_REMEMBERED = 10_000
"""About 10 MB; past it, whichever was quiet longest is asked about again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Good:
    """A credential found good, until when on the monotonic clock, and in which generation."""

    principal: Principal
    until_seconds: float
    generation: int


class Verified:
    """Remembers so many of them. Digests and not the credentials: what leaks from here opens nothing."""

    def __init__(
        self,
        *,
        seconds: float = REMEMBERED_SECONDS,
        maximum: int = MAXIMUM_REMEMBERED,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._seconds = seconds
        self._maximum = maximum
        self._now = now
        self._found: OrderedDict[bytes, Good] = OrderedDict()
        self.generation = 0
        """Read it before a credential is looked up, and hand it to `remember`."""

    def principal(self, digest: bytes) -> Principal | None:
        """Whose it is; None where that has to be found out."""
        good = self._found.get(digest)
        if good is None or good.generation != self.generation or self._now() >= good.until_seconds:
            return None
        self._found.move_to_end(digest)
        return good.principal

    def has_met(self, digest: bytes) -> bool:
        """Whether it was good when it was last looked at, however long ago."""
        return digest in self._found

    def remember(self, digest: bytes, principal: Principal, *, generation: int, seconds: float | None = None) -> None:
        """Take it for good for at most `seconds`, where it has an end of its own.

        What was looked up before the last `doubt_all` is in doubt from the start: a revocation may lie between.
        """
        before = self._found.get(digest)
        if before is not None and before.principal == principal:
            principal = before.principal  # who remembers something of it knows it by being the very same
        good_seconds = self._seconds if seconds is None else min(seconds, self._seconds)
        self._found[digest] = Good(principal=principal, until_seconds=self._now() + good_seconds, generation=generation)
        self._found.move_to_end(digest)
        if len(self._found) > self._maximum:
            self._found.popitem(last=False)

    def forget(self, digest: bytes) -> None:
        """It is good no longer."""
        self._found.pop(digest, None)

    def doubt_all(self) -> None:
        """Have every credential looked up again."""
        self.generation += 1

    def __len__(self) -> int:
        return len(self._found)
