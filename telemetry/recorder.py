"""The reader that notes in the recording of the request being answered what is worth a span, or a stage of its time."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from telemetry import events as e
from telemetry.context import CURRENT_REQUEST
from telemetry.observers import Read, reading

_ALLOWED = e.RateLimitDecided(decision="allowed")


class Recorder:
    """Notes what belongs to the request in whose task it is told.

    What a timer or a task of its own tells (a breaker's change, a connection opened) belongs to no request: it would
    be noted in a stranger's recording. How a request was refused is what its status says.
    """

    def bound(self, event: e.Event) -> Callable[[], object] | None:
        """Who notes this very event; nobody what is told of every request that is well."""
        read = None if event == _ALLOWED else self.reader_of(event)
        return None if read is None else partial(read, event)

    def reader_of(self, event: e.Event) -> Read | None:  # noqa: PLR0911 - one case a kind
        """Who notes this kind of event; nobody most of them."""
        match event:
            case e.DependencyCalled():
                return reading(event, _called)
            case e.ConnectionAcquired():
                return reading(event, _acquired)
            case e.ExceptionCaught():
                return reading(event, _caught)
            case e.RateLimitDecided():
                return reading(event, _limited)
            case e.UpstreamAttempted() | e.Retried() | e.BulkheadWaited() | e.CacheRead() | e.AuthenticationFailed():
                return reading(event, _note)
            case e.IdempotencyDecided() | e.ReplicaRead():
                return reading(event, _note)
            case _:
                return None


def _note(event: e.Event) -> None:
    context = CURRENT_REQUEST.get()
    if context is not None:
        context.recording.note(event)


def _called(event: e.DependencyCalled) -> None:
    context = CURRENT_REQUEST.get()
    if context is not None:
        context.stages.add(event.dependency, event.duration_seconds)
        context.recording.note(event)


def _acquired(event: e.ConnectionAcquired) -> None:
    if event.wait_seconds > 0:
        _note(event)


def _limited(event: e.RateLimitDecided) -> None:
    """Where the limits that all replicas share could not tell."""
    if event.decision.endswith("degraded"):
        _note(event)


def _caught(event: e.ExceptionCaught) -> None:
    """Without its words and its places, which are long and in the log."""
    _note(replace(event, errors=()))
