"""A request's deadline, which costs a timer only where the request waits for something."""

import asyncio
from typing import Any

from middleware.errors import Elapsed
from middleware.sweeper import CallLater, Timer


class Deadline:
    """Cancels the task that answers a request, at an instant of the monotonic clock; told of by Elapsed.

    Nearly every request that is answered at once needs no timer: nothing can come between its first step and its last.
    """

    __slots__ = ("_cancelled_before", "_expired", "_task", "_timer")

    def __init__(self, seconds: float, task: "asyncio.Task[Any]", *, call_later: CallLater) -> None:
        """In so many seconds from now it is late; this is the task that answers the request."""
        self._task = task
        self._cancelled_before = task.cancelling()
        self._expired = False
        self._timer: Timer = call_later(max(seconds, 0.0), self._expire)

    def end(self) -> None:
        """The request has been handled."""
        self._timer.cancel()
        if self._expired:
            self._task.uncancel()

    def look_at(self, cancelled: asyncio.CancelledError) -> None:
        """Raise Elapsed where the cancellation is this deadline's alone; one from elsewhere stays one."""
        if self._expired and self._task.cancelling() == self._cancelled_before + 1:
            raise Elapsed from cancelled

    def _expire(self) -> None:
        self._expired = True
        self._task.cancel()
