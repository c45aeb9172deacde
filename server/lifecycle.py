"""One process's life: start what it needs in order, serve until told to stop, let go of everything in reverse."""

import asyncio
import gc
import os
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from middleware.loop_lag import LoopLag
from server.declaration import Declaration
from server.parts import Parts, Running, Seed, Told
from server.readers import Telemetry, telemetry_for
from server.secret_files import exposed_files
from server.settings import exposed_secrets, unknown_settings
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
    """Serve until SIGINT or SIGTERM; a second signal stops at once, without waiting for requests.

    Raises StartFailed and what the parts raise when they cannot start; nothing is left running then.
    """
    started_seconds = time.monotonic()
    name = declaration.service.name
    telemetry = telemetry_for(declaration, told.settings)
    stop = _stop_on_signals()
    async with AsyncExitStack() as watching, AsyncExitStack() as held:
        watching.callback(telemetry.close)
        watching.enter_context(libraries_observed(telemetry.observe, asyncio.get_running_loop()))
        for unknown in unknown_settings(os.environ):
            telemetry.observe(unknown)
        upstream_secrets = exposed_files(os.environ, variables_of(declaration.service.upstreams))
        for exposed in (*exposed_secrets(told.settings, os.environ), *upstream_secrets):
            telemetry.observe(exposed)
        lag = LoopLag(telemetry.observe)
        watching.callback(lag.stop)
        lag.start()
        parts = Parts(declaration=declaration, told=told, telemetry=telemetry, held=held, seed=seed)
        running = await _unless_stopped(asyncio.create_task(parts.start()), stop)
        if running is None:
            return
        watching.callback(telemetry.observe, ServiceStopped(service=name))
        duration_seconds = time.monotonic() - started_seconds
        telemetry.observe(
            ServiceStarted(
                service=name, url=running.url, admin_url=running.admin_url, duration_seconds=duration_seconds
            )
        )
        gc.collect()
        gc.freeze()
        announce(running)
        await stop.wait()
        await _drain(running, delay_seconds=told.settings.drain_delay_seconds, telemetry=telemetry, service=name)


@asynccontextmanager
async def started(declaration: Declaration, told: Told, *, telemetry: Telemetry) -> AsyncIterator[Running]:
    """The service, answering until the block is left; raises what `serve` raises."""
    async with AsyncExitStack() as held:
        parts = Parts(declaration=declaration, told=told, telemetry=telemetry, held=held, seed=None)
        running = await parts.start()
        yield running
        running.standing.is_draining = True


async def _drain(running: Running, *, delay_seconds: float, telemetry: Telemetry, service: str) -> None:
    """Readiness goes first, then the connections, then the listener; `held` waits for what is under way."""
    running.standing.is_draining = True
    telemetry.observe(DrainBegan(service=service, delay_seconds=delay_seconds))
    await running.runner.drain(delay_seconds=delay_seconds)


def _stop_on_signals() -> asyncio.Event:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def told(number: signal.Signals) -> None:
        if stop.is_set():  # told twice: end as if nobody had handled it; the embedded servers die with the process
            loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, told, number)
    return stop


async def _unless_stopped(start: asyncio.Task[Running], stop: asyncio.Event) -> Running | None:
    """The started service; None where a signal came first, and then the start is undone."""
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait([start, stopped], return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if not start.done():
        start.cancel()
        await asyncio.wait([start])
    return None if start.cancelled() else start.result()
