"""Which requests were good and which bad, for each objective: the reader behind `sli_events_total`.

What counts follows chapters 2 and 3 of The Site Reliability Workbook (Google, O'Reilly 2018): an event is *valid* or
left out, and a valid one is good or bad, judged at the server, as near to the caller as we are.

Availability. A 5xx is bad, whatever its reason: 503 and 504 are failures to whoever asked. So is a request that was
refused unread for want of room, and one that was cut off because the service stopped. Every other answer is good, a
4xx too: the caller got the answer it asked for. Left out is what says nothing of us: a 429, as who asks for more than
was agreed is not failed, and a flood of them would hide the failures of everybody else; and whoever gave up before
we did, by leaving or by a `Request-Timeout` shorter than our own.

Latency. Only good answers (below 400) are judged: an error that comes fast would improve the figure, one that comes
slowly would be told twice, as availability has it already. Who gave up after waiting longer than the threshold counts
as bad: that no answer came is what a slow service looks like. Who gave up sooner is left out.

Requests count where an objective covers their address. So nothing counts that promises nothing: the documentation and
its files, OPTIONS, the admin port, and addresses that nothing is declared for, whose 404s anyone can cause without end.
"""

from collections.abc import Iterator, Sequence
from http import HTTPStatus

from telemetry.catalogue.request_rows import SLI_EVENTS, SLO_OBJECTIVE
from telemetry.context import RequestContext
from telemetry.events import ClientDisconnected, Event, RequestCutOff, RequestFinished, RequestRejected
from telemetry.glances import Glance, whole
from telemetry.objectives import Covered, Sli
from telemetry.observers import Read, reading
from telemetry.readings import Reading

Ending = RequestFinished | ClientDisconnected | RequestCutOff | RequestRejected
"""What may be the last there is to say of a request."""

_FIRST_FAILURE = 500
_FIRST_ERROR = 400
_LIMITED = HTTPStatus.TOO_MANY_REQUESTS.value
_TIMED_OUT = HTTPStatus.GATEWAY_TIMEOUT.value


def was_available(ending: Ending) -> bool | None:
    """Whether the request was served; None where that says nothing of us."""
    if isinstance(ending, RequestFinished):
        status = ending.status
        return None if status == _LIMITED or _gave_up(ending) else status < _FIRST_FAILURE
    if isinstance(ending, RequestRejected):
        return False if ending.reason == "overloaded" else None
    return False if isinstance(ending, RequestCutOff) else None


def was_in_time(ending: Ending, under_seconds: float) -> bool | None:
    """Whether a good answer came within the time; None where there was none, and nobody waited longer for it."""
    if isinstance(ending, RequestFinished) and ending.status < _FIRST_ERROR:
        return ending.duration_seconds <= under_seconds
    if isinstance(ending, ClientDisconnected) or (isinstance(ending, RequestFinished) and _gave_up(ending)):
        return False if ending.duration_seconds > under_seconds else None
    return None


def _gave_up(ending: RequestFinished) -> bool:
    return ending.status == _TIMED_OUT and ending.callers_time


class _Tally:
    """How many events of one SLI were good and bad."""

    __slots__ = ("bad", "good", "sli", "under_seconds")

    def __init__(self, sli: Sli) -> None:
        self.sli = sli
        self.under_seconds = sli.under_seconds
        self.good = 0
        self.bad = 0

    def count(self, ending: Ending) -> None:
        under = self.under_seconds
        was_good = was_available(ending) if under is None else was_in_time(ending, under)
        if was_good:
            self.good += 1
        elif was_good is not None:
            self.bad += 1


class SliCounts:
    """Counts the good and bad events of each SLI, from zero, so that the first bad one shows in a rate."""

    def __init__(self, slis: Sequence[Sli]) -> None:
        self._tallies = [_Tally(sli) for sli in slis]
        self._covering: dict[Covered, tuple[_Tally, ...]] = {}
        for tally in self._tallies:
            for covered in tally.sli.covers:
                self._covering[covered] = (*self._covering.get(covered, ()), tally)

    def reader_of(self, event: Event) -> Read | None:
        """Who counts a request that has ended, for every objective that covers it."""
        return reading(event, self._read) if isinstance(event, Ending) else None

    def glance_of(self, like: RequestFinished) -> Glance | None:
        """What counts those answered like this one; nobody where no objective covers them.

        As `was_available` and `was_in_time` have it, which are not asked where all is well.
        """
        tallies = self._covering.get((like.method, like.route))
        if tallies is None:
            return None
        if like.status >= _FIRST_ERROR:
            return whole(self._read)

        def glance(seconds: float, _context: RequestContext) -> None:
            for tally in tallies:
                if tally.under_seconds is None or seconds <= tally.under_seconds:
                    tally.good += 1
                else:
                    tally.bad += 1

        return glance

    def _read(self, ending: Ending) -> None:
        for tally in self._covering.get((ending.method, ending.route), ()):
            tally.count(ending)

    def look(self) -> Iterator[Reading]:
        """Look at the counts, and at what each is held to."""
        for tally in self._tallies:
            name = tally.sli.name
            yield Reading(metric=SLI_EVENTS, value=tally.good, labels=(name, "good"))
            yield Reading(metric=SLI_EVENTS, value=tally.bad, labels=(name, "bad"))
            yield Reading(metric=SLO_OBJECTIVE, value=tally.sli.target, labels=(name,))
