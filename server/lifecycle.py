"""One process's life: start what it needs in order, serve until told to stop, let go of everything in reverse."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from middleware.collector_pauses import CollectorPauses
from middleware.loop_lag import LoopLag
from server.declaration import Declaration
from server.parts import Parts, Running, Seed, Told
from server.readers import Telemetry, telemetry_for
from server.secret_files import exposed_files
from server.settings import exposed_secrets, unknown_settings
from server.start_garbage import settle
from server.stop import TOLD_BY, stop_on_signals, unless_stopped
from server.upstreams.destination import variables_of
from telemetry.events import DrainBegan, ServiceStarted, ServiceStopped
from telemetry.library_logs import libraries_observed


async def serve(
    declaration: Declaration,
    told: Told,
    *,
    announce: Callable[[Running], None],
    seed: Seed | None = None,
) -> None:
    """Serve until SIGINT, SIGTERM or SIGHUP; a second signal stops at once, without waiting for requests.

    Raises StartFailed and what the parts raise when they cannot start; nothing is left running then.
    """
    started_seconds = time.monotonic()
    name = declaration.service.name
    telemetry = telemetry_for(declaration, told.settings, worker=told.place.worker)
    stop = told.place.stop
    stop_on_signals(stop, last=_die, numbers=_numbers())
    async with AsyncExitStack() as watching, AsyncExitStack() as held:
        watching.callback(telemetry.close)
        watching.enter_context(libraries_observed(telemetry.observe, asyncio.get_running_loop()))
        if not told.place.worker:
            _tell_of_settings(declaration, told, telemetry=telemetry)
        for measured in (LoopLag(telemetry.observe), CollectorPauses(telemetry.observe)):
            watching.callback(measured.stop)
            measured.start()
        parts = Parts(declaration=declaration, told=told, telemetry=telemetry, held=held, seed=seed)
        running = await unless_stopped(asyncio.create_task(parts.start()), stop)
        if running is None:
            return
        watching.callback(telemetry.observe, ServiceStopped(service=name))
        duration_seconds = time.monotonic() - started_seconds
        telemetry.observe(
            ServiceStarted(
                service=name, url=running.url, admin_url=running.admin_url, duration_seconds=duration_seconds
            )
        )
        settle()
        announce(running)
        await stop.wait()
        await _drain(running, told, telemetry=telemetry, service=name)


@asynccontextmanager
async def started(declaration: Declaration, told: Told, *, telemetry: Telemetry) -> AsyncIterator[Running]:
    """The service, answering until the block is left; raises what `serve` raises."""
    async with AsyncExitStack() as held:
        parts = Parts(declaration=declaration, told=told, telemetry=telemetry, held=held, seed=None)
        running = await parts.start()
        yield running
        running.standing.is_draining = True


def _tell_of_settings(declaration: Declaration, told: Told, *, telemetry: Telemetry) -> None:
    """Settings there are not, and secrets everybody may read."""
    for unknown in unknown_settings(os.environ):
        telemetry.observe(unknown)
    upstream_secrets = exposed_files(os.environ, variables_of(declaration.service.upstreams))
    for exposed in (*exposed_secrets(told.settings, os.environ), *upstream_secrets):
        telemetry.observe(exposed)


async def _drain(running: Running, told: Told, *, telemetry: Telemetry, service: str) -> None:
    """Readiness goes first, then the connections, then the listener; `held` waits for what is under way.

    Where another process has taken the place, nobody is to hear of it: probes are its business now.
    """
    is_replaced = told.place.stop.is_replaced
    delay_seconds = 0.0 if is_replaced else told.settings.drain_delay_seconds
    telemetry.observe(DrainBegan(service=service, delay_seconds=delay_seconds))
    if is_replaced:
        await running.probes.drain(delay_seconds=0.0)
    running.standing.is_draining = True
    await running.runner.drain(delay_seconds=delay_seconds)


def _numbers() -> Sequence[signal.Signals]:
    """SIGHUP too, as when the terminal is closed, unless `nohup` or a supervisor of workers has made us deaf to it."""
    is_deaf = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    return TOLD_BY if is_deaf else (*TOLD_BY, signal.SIGHUP)


def _die(number: signal.Signals) -> None:
    """End as if nobody had handled it; the embedded servers die with the process."""
    signal.signal(number, signal.SIG_DFL)
    signal.raise_signal(number)
