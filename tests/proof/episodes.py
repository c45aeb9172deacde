"""When the faults of a run held, as the dashboards have it: in seconds since 1970."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from tests.proof.bench import Outcome
from tests.proof.changes import AROUND_SECONDS, Moments


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """A fault that was made of the shop of a job, and which dashboards it is about.

    Nothing is seen of it before it `began`, nor after `seen_until`. It `is_alone` where no other was made of the same
    shop meanwhile.
    """

    job: str
    fault: str
    boards: Set[str]
    began: float
    mended: float
    seen_until: float
    is_alone: bool

    @property
    def seen(self) -> Moments:
        """From when to when something is seen of it."""
        return self.began, self.seen_until


def episodes(outcomes: Sequence[Outcome], boards: Mapping[str, Set[str]], *, clock_began: float) -> Sequence[Episode]:
    """Those of a run; `boards` are what each fault is about, `clock_began` is when the monotonic clock was 0."""
    return [
        Episode(
            job=one.job,
            fault=one.fault,
            boards=boards[one.fault],
            began=clock_began + one.span[0],
            mended=clock_began + one.span[1],
            seen_until=clock_began + _seen_until(one, _others(one, outcomes)),
            is_alone=all(two.span[0] >= one.span[1] or two.span[1] <= one.span[0] for two in _others(one, outcomes)),
        )
        for one in outcomes
    ]


def _others(one: Outcome, outcomes: Sequence[Outcome]) -> Sequence[Outcome]:
    return [other for other in outcomes if other is not one and other.job == one.job]


def _seen_until(one: Outcome, others: Sequence[Outcome]) -> float:
    """A while after it was mended, or when the next one begins."""
    mended = one.span[1]
    return min([mended + AROUND_SECONDS, *(other.span[0] for other in others if other.span[0] >= mended)])
