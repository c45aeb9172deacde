"""What a connection's task waits at for its next request: it is rung, and the task goes on at once.

With a future in its place the task would go on in the event loop's next turn: 4 µs for the future and the turn, and
all requests that arrive in one turn would be begun before the first of them is answered.
"""

import asyncio
from collections.abc import Callable, Generator
from contextvars import Context

_Wakeup = Callable[["Doorbell"], object]


class Doorbell:
    """Awaited by one task, as often as it likes; what is rung while nobody waits is not remembered.

    To the task it is a future: this is how asyncio has others than its own
    (docs.python.org/3/library/asyncio-extending.html).
    """

    __slots__ = ("_asyncio_future_blocking", "_context", "_is_cancelled", "_is_rung", "_loop", "_wakeup")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._asyncio_future_blocking = False
        self._loop = loop
        self._wakeup: _Wakeup | None = None
        self._context: Context | None = None
        self._is_rung = False
        self._is_cancelled = False

    def __await__(self) -> Generator["Doorbell", None, None]:
        """Wait for `go_on` after `set_result`."""
        self._is_rung = self._is_cancelled = False
        self._asyncio_future_blocking = True
        yield self

    def set_result(self, _result: None) -> None:
        """Ring; whoever waits goes on with `go_on`."""
        self._is_rung = True

    def go_on(self) -> None:
        """Have the task that waits take its step now, if it has been rung for.

        Where another task is taking its own, as that of a test may be, it takes it after that.
        """
        wakeup, context = self._wakeup, self._context
        if wakeup is None or context is None or not self._is_rung:
            return
        self._wakeup = self._context = None
        if asyncio.current_task(self._loop) is None:
            context.run(wakeup, self)
        else:
            self._loop.call_soon(wakeup, self, context=context)

    def cancel(self, msg: object = None) -> bool:  # noqa: ARG002 - as the task calls it
        """End the wait with a CancelledError; False where it has ended already."""
        wakeup = self._wakeup
        if wakeup is None:
            return False
        self._wakeup = None
        self._is_cancelled = True
        self._loop.call_soon(wakeup, self, context=self._context)
        return True

    def done(self) -> bool:
        """Whether the wait is over, or about to be."""
        return self._is_rung or self._is_cancelled

    def result(self) -> None:
        """What the task asks for before it goes on; raises CancelledError where it was cancelled."""
        if self._is_cancelled:
            raise asyncio.CancelledError

    def get_loop(self) -> asyncio.AbstractEventLoop:
        """Where it is waited for."""
        return self._loop

    def add_done_callback(self, wakeup: _Wakeup, *, context: Context) -> None:
        """Called by the task, with its next step."""
        self._wakeup = wakeup
        self._context = context
