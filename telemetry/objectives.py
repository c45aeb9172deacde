"""Objectives and burn rates as data, with their source: what a team promises, and when breaking it wakes somebody.

The source of every number is The Site Reliability Workbook (Google, O'Reilly 2018), chapter 5, "Alerting on SLOs":
table 5-8 has a page at 14.4 times the budget over an hour (2 % of 30 days' budget are gone by then), a page at 6 times
over six hours (5 %) and a ticket at 1 time over three days (10 %), each confirmed by a window of a twelfth, so that an
alert ends when its cause has. The ticket at 3 times over a day (10 %) stands between the last two: waiting three days
for what a day already shows helps nobody.
"""

from dataclasses import dataclass
from typing import Literal

Severity = Literal["page", "ticket"]
SliKind = Literal["availability", "latency"]
Covered = tuple[str, str]
"""A method and a route, as RequestFinished has them: `("GET", "/products/{id}")`."""

BUDGET_DAYS = 30
"""The days an objective is kept over: long enough for a bad evening not to break it, short enough to be remembered."""

BAD_EVENTS_AT_LEAST = 2.5
"""An alert needs more bad events than this in its long window, as `increase()` counts them.

Where there are few requests one failure is a large share of them. `increase()` guesses beyond the samples it has, so
two failures may look like a little more than two: 2.5 asks for three. Chapter 5, "Low-traffic services", gives
the problem, and combining requests into larger windows as a way out; a least number does that and keeps the windows.
"""

_DIGITS = 9
"""1 - 0.999 is not 0.001 in floating point; nobody promises more than nine nines."""


@dataclass(frozen=True, slots=True)
class Availability:
    """So large a share of the requests is answered without a failure of ours: `Availability(0.999)`."""

    target: float


@dataclass(frozen=True, slots=True)
class Latency:
    """So large a share of the good answers comes in time: `Latency(0.99, under_seconds=0.25)`.

    `under_seconds` is one of the upper bounds of the request histogram, so that what is counted can be seen there.
    """

    target: float
    under_seconds: float


Objective = Availability | Latency
"""What a team declares, of a whole service, of a resource or of a route."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sli:
    """What is counted for one objective, under the label `sli`, and the promise it is held to.

    `name` is `availability` or `latency` for the whole service, with what it is about before it for a part of it:
    `products_availability`, `post_checkout_latency`. `about` is the path of a resource, the method and path of a
    route, empty for the whole service. `covers` is every address whose requests count.
    """

    name: str
    about: str
    objective: Objective
    covers: tuple[Covered, ...]

    @property
    def kind(self) -> SliKind:
        """What is judged of a request."""
        return "latency" if isinstance(self.objective, Latency) else "availability"

    @property
    def target(self) -> float:
        """The share of events that is to be good."""
        return self.objective.target

    @property
    def under_seconds(self) -> float | None:
        """How long a good answer may take; None where its time is not judged."""
        return self.objective.under_seconds if isinstance(self.objective, Latency) else None

    @property
    def budget(self) -> float:
        """The share of events that may be bad."""
        return round(1 - self.objective.target, _DIGITS)


@dataclass(frozen=True, slots=True, kw_only=True)
class BurnRate:
    """An alert once the budget burns `factor` times as fast as it may, in both windows.

    The long window tells that it matters, the short one that it still goes on.
    """

    factor: float
    short_seconds: int
    long_seconds: int
    severity: Severity


_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400

BURN_RATES = (
    BurnRate(factor=14.4, short_seconds=5 * _MINUTE, long_seconds=_HOUR, severity="page"),
    BurnRate(factor=6, short_seconds=30 * _MINUTE, long_seconds=6 * _HOUR, severity="page"),
    BurnRate(factor=3, short_seconds=2 * _HOUR, long_seconds=_DAY, severity="ticket"),
    BurnRate(factor=1, short_seconds=6 * _HOUR, long_seconds=3 * _DAY, severity="ticket"),
)
"""Fastest first."""

FASTEST_FACTOR = BURN_RATES[0].factor


def can_fire(target: float) -> bool:
    """Whether every alert can: where 14.4 times the budget is 1 or more, even a total outage burns too slowly."""
    return FASTEST_FACTOR * round(1 - target, _DIGITS) < 1
