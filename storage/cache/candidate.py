"""What is kept, held against the clock and against what has been written since."""

from typing import Protocol

from storage.cache.answer_store import Found
from storage.cache.answered import Answered
from storage.cache.cache_policy import CachePolicy
from storage.cache.entry import Rows
from telemetry.events import CacheResult
from telemetry.frozen import frozen

_MICROSECONDS = 1_000_000
_BACKWARDS_SECONDS = -1.0
"""An answer from further ahead was kept before the store's clock was set back: its age is not known."""


@frozen
class Candidate:
    """An answer that was kept: how old it is, for how long it is still fresh (below zero: since when it is not)."""

    rows: Rows
    age_seconds: float
    left_seconds: float
    is_current: bool
    """Nothing it shows has been written since it was asked for."""
    is_usable: bool
    """It may be given to a caller while Postgres is well."""
    is_due: bool
    """It is time to read it anew."""
    is_spare: bool
    """It may be given to a caller while Postgres is not."""

    def answered(self) -> Answered:
        """It as the answer."""
        result: CacheResult = "stale" if self.left_seconds < 0 else "hit" if self.rows else "negative"
        return self._as(result, self.left_seconds)

    def made_do(self) -> Answered:
        """It as the answer for want of a better one: past its time, be it that only a write has ended that."""
        return self._as("stale_if_error", min(self.left_seconds, 0.0))

    def _as(self, result: CacheResult, left_seconds: float) -> Answered:
        return Answered(rows=self.rows, result=result, age_seconds=self.age_seconds, left_seconds=left_seconds)


class Dated(Protocol):
    """An answer, and when it was asked for: an Entry, or what is near."""

    @property
    def rows(self) -> Rows:
        """What the statement returned."""

    @property
    def asked_at(self) -> int:
        """In microseconds of the store's clock."""


def hit(answer: Dated, now: int, *, policy: CachePolicy) -> Answered | None:
    """One that holds rows and is current, as `candidate` judges it, where nothing else is to be said of it than that.

    None where there is: its time is up, or its age is not known.
    """
    age_seconds = (now - answer.asked_at) / _MICROSECONDS
    left_seconds = policy.fresh_seconds - age_seconds
    if left_seconds < 0 or age_seconds < _BACKWARDS_SECONDS:
        return None
    return Answered(rows=answer.rows, result="hit", age_seconds=max(age_seconds, 0.0), left_seconds=left_seconds)


def candidate(found: Found, policy: CachePolicy) -> Candidate | None:
    """What was found, judged; None where nothing was, or nothing whose age is known."""
    answer = found.entry
    if answer is None:
        return None
    age_seconds = (found.now - answer.asked_at) / _MICROSECONDS
    if age_seconds < _BACKWARDS_SECONDS:
        return None
    is_current = answer.generations == found.generations
    left_seconds = policy.life_seconds(is_empty=not answer.rows) - age_seconds
    return Candidate(
        rows=answer.rows,
        age_seconds=max(age_seconds, 0.0),
        left_seconds=left_seconds,
        is_current=is_current,
        is_usable=is_current
        and (left_seconds > 0 or bool(answer.rows and left_seconds > -policy.revalidation_seconds)),
        is_due=bool(answer.rows) and found.now >= answer.renewed_at,
        is_spare=bool(answer.rows) and left_seconds > -policy.error_seconds,
    )
