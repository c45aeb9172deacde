"""A request that has ended, with all that was noted of it, and the spans that can be made of that."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from telemetry import events as e
from telemetry.context import RequestContext
from telemetry.recording import Mark, Note
from telemetry.span_attributes import ROOT, attempt_span, call_span, moment_of, root_span, wait_span
from telemetry.spans import Moment, Span

Ending = e.RequestFinished | e.ClientDisconnected | e.RequestCutOff

_FIRST_SERVER_ERROR = 500


class EndedRequest(NamedTuple):
    """How a request ended, and its context, whose recording is closed. Its spans are made when somebody wants them.

    There is one for every request, so it is the cheapest thing that can be made.
    """

    ending: Ending
    context: RequestContext

    @property
    def has_failed(self) -> bool:
        """Whether its caller got no answer or one that says the fault is ours."""
        match self.ending:
            case e.RequestFinished(status=status):
                return status >= _FIRST_SERVER_ERROR
            case e.RequestCutOff():
                return True
            case e.ClientDisconnected():
                return False

    def spans(self) -> tuple[Span, ...]:
        """Its own span, then the others in the order in which they began, each behind the one it lies in."""
        recording = self.context.recording
        root = root_span(self.ending, self.context)
        tree = _Tree(root, _layers(recording.marks, root))
        for note in recording.notes:
            tree.hang(note)
        return tuple(tree.in_order())


def _layers(marks: Sequence[Mark], root: Span) -> list[Span]:
    """A span for each mark, up to the next; their numbers are below zero, as the others' are drawn from one upwards."""
    ends = [*(at for _, at in marks[1:]), root.ended_seconds]
    return [
        Span(
            number=-1 - place,
            parent=ROOT,
            name=layer,
            kind="internal",
            started_seconds=at,
            ended_seconds=max(at, end),
        )
        for place, ((layer, at), end) in enumerate(zip(marks, ends, strict=False))
    ]


class _Tree:
    """Spans by their numbers, and the moments within each."""

    def __init__(self, root: Span, layers: list[Span]) -> None:
        self._layers = layers
        self._begun = [layer.started_seconds for layer in layers]
        self._spans = {span.number: span for span in (root, *layers)}
        self._moments: dict[int, list[Moment]] = {}
        self._waits = -1 - len(layers)

    def hang(self, note: Note) -> None:
        """Make a span or a moment of a note, in the call it was told in or else in the layer of that time."""
        at, call, event = note
        match event:
            case e.DependencyCalled():
                self._add(call_span(event, number=call, parent=self._layer_at(at - event.duration_seconds), at=at))
            case e.UpstreamAttempted():
                self._add(attempt_span(event, parent=call or self._layer_at(at), at=at))
            case e.ConnectionAcquired() | e.BulkheadWaited():
                self._add(wait_span(event, number=self._waits, parent=call or self._layer_at(at), at=at))
                self._waits -= 1
            case e.ExceptionCaught():
                self._moments.setdefault(ROOT, []).append(moment_of(event, at))
            case e.Retried() | e.CacheRead() | e.AuthenticationFailed():
                self._moments.setdefault(call or self._layer_at(at), []).append(moment_of(event, at))
            case _:
                pass  # what else is noted is for the request's line in the log

    def in_order(self) -> Iterator[Span]:
        """Depth first, siblings by their beginning; what lies in a call that was left out lies in the request."""
        below: dict[int, list[Span]] = {}
        for span in self._spans.values():
            if span.number != ROOT:
                parent = span.parent if span.parent in self._spans else ROOT
                below.setdefault(parent, []).append(replace(span, parent=parent))
        pending = [self._spans[ROOT]]
        while pending:
            span = pending.pop()
            moments = sorted(self._moments.get(span.number, ()), key=lambda moment: moment.at_seconds)
            yield replace(span, moments=tuple(moments))
            children = sorted(below.get(span.number, ()), key=lambda child: child.started_seconds, reverse=True)
            pending += [replace(child, depth=span.depth + 1) for child in children]

    def _add(self, span: Span) -> None:
        self._spans[span.number] = span

    def _layer_at(self, at: float) -> int:
        """The number of the layer the request was in; that of the request where it was in none yet."""
        place = bisect_right(self._begun, at)
        return self._layers[place - 1].number if place else ROOT
