"""The life of a supervisor: its log, its signals, and the workers until it is told to stop."""

import asyncio
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress

from server.standard_error import STANDARD_ERROR, supervisor_log
from server.stop import Stop, stop_on_signals, unless_stopped
from server.workers.messages import Ready
from server.workers.worker_supervisor import Wanted, WorkerSupervisor
from telemetry.log_sink import Sink


async def supervise(wanted: Wanted, *, announce: Callable[[Sequence[Ready]], None]) -> None:
    """Serve until SIGINT or SIGTERM, reload on SIGHUP; a second signal ends all workers at once.

    Raises WorkersUnfit and NotStarted; nothing is left running then.
    """
    sink = Sink(STANDARD_ERROR)
    stop = Stop()
    supervisor = WorkerSupervisor(wanted, observe=supervisor_log(wanted.file, wanted.settings, sink=sink))

    def die(number: signal.Signals) -> None:
        supervisor.kill()
        signal.signal(number, signal.SIG_DFL)
        signal.raise_signal(number)

    stop_on_signals(stop, last=die)
    wishes = _Wishes()
    try:
        await supervisor.bind()
        ready = await unless_stopped(asyncio.create_task(supervisor.start()), stop)
        if ready is not None:
            announce(ready)
            await _look_after(supervisor, stop, wishes=wishes)
    finally:
        await supervisor.stop()
        sink.close()


class _Wishes:
    """That the workers be replaced: SIGHUP, however often while they are, once more."""

    def __init__(self) -> None:
        self._wished = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, self._wished.set)

    async def next(self) -> None:
        """Wait for one."""
        await self._wished.wait()
        self._wished.clear()


async def _look_after(supervisor: WorkerSupervisor, stop: Stop, *, wishes: _Wishes) -> None:
    """Keep the workers up, and replace them when that is wished for, until the stop."""

    async def reload() -> None:
        while True:
            await wishes.next()
            await supervisor.reload()

    tasks = [asyncio.create_task(one) for one in (stop.wait(), supervisor.keep_up(), reload())]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task
