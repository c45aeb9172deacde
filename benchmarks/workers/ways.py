"""Ways for several processes to serve one port."""

import asyncio
import importlib.util
import itertools
import socket
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from middleware.inbound.binding import bind
from server.workers.worker_sockets import api_sockets

HOST = "127.0.0.1"
_BACKLOG = 1_024
_LOOK_SECONDS = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """A running way: the port its workers share, and the processes it takes besides this one."""

    port: int
    pids: Sequence[int]


Way = Callable[[int], AbstractAsyncContextManager[Ground]]
"""Runs so many workers while entered."""


@asynccontextmanager
async def a_socket_each(workers: int) -> AsyncIterator[Ground]:
    """SO_REUSEPORT, bound by the parent and inherited: the kernel spreads connections by a hash of their addresses."""
    bound = await api_sockets(HOST, 0, workers=workers)
    for one in bound:
        one.sockets[0].listen(_BACKLOG)
    async with _running([("listening", one.sockets[0]) for one in bound]) as pids:
        yield Ground(port=bound[0].port, pids=pids)


@asynccontextmanager
async def one_socket(workers: int) -> AsyncIterator[Ground]:
    """One listening socket, inherited by all: whoever wakes up first takes what is there."""
    bound = await bind(HOST, 0)
    bound.sockets[0].listen(_BACKLOG)
    async with _running([("listening", bound.sockets[0])] * workers) as pids:
        yield Ground(port=bound.port, pids=pids)


@asynccontextmanager
async def handed_out(workers: int) -> AsyncIterator[Ground]:
    """The parent accepts and hands the connections out, one to each worker in turn (SCM_RIGHTS)."""
    bound = await bind(HOST, 0)
    listening = bound.sockets[0]
    listening.listen(_BACKLOG)
    pairs = [socket.socketpair() for _ in range(workers)]
    turns = itertools.cycle([ours for ours, _ in pairs])
    loop = asyncio.get_running_loop()

    def accept() -> None:
        while True:
            try:
                taken, _ = listening.accept()
            except BlockingIOError:
                return
            with taken:
                socket.send_fds(next(turns), [b"."], [taken.fileno()])

    async with _running([("given", theirs) for _, theirs in pairs]) as pids:
        loop.add_reader(listening, accept)
        try:
            yield Ground(port=bound.port, pids=pids)
        finally:
            loop.remove_reader(listening)


@asynccontextmanager
async def gunicorn(workers: int) -> AsyncIterator[Ground]:
    """gunicorn with aiohttp's worker, as it comes."""
    free = await bind(HOST, 0)
    port = free.port
    free.close()
    program = ("-m", "gunicorn", "-w", str(workers), "-b", f"{HOST}:{port}", "-k", "aiohttp.GunicornUVLoopWebWorker")
    process = await asyncio.create_subprocess_exec(
        sys.executable, *program, "benchmarks.workers.answering:application()", stderr=DEVNULL
    )
    try:
        while len(children := _children(process.pid)) < workers:  # noqa: ASYNC110 - other processes
            await asyncio.sleep(_LOOK_SECONDS)
        yield Ground(port=port, pids=[process.pid, *children])
    finally:
        process.terminate()
        await process.wait()


def ways() -> dict[str, Way]:
    """Those there are here, by name."""
    found: dict[str, Way] = {"a socket each": a_socket_each, "one socket": one_socket, "handed out": handed_out}
    return {**found, "gunicorn": gunicorn} if importlib.util.find_spec("gunicorn") else found


@asynccontextmanager
async def _running(wanted: Sequence[tuple[str, socket.socket]]) -> AsyncIterator[Sequence[int]]:
    processes: list[Process] = []
    try:
        for how, own in wanted:
            processes.append(
                await asyncio.create_subprocess_exec(
                    *(sys.executable, "-m", "benchmarks.workers.answering", how, str(own.fileno())),
                    pass_fds=[own.fileno()],
                )
            )
        yield [one.pid for one in processes]
    finally:
        for one in processes:
            one.terminate()
        for one in processes:
            await one.wait()


def _children(pid: int) -> Sequence[int]:
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
