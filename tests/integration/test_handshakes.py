"""More handshakes than there is room for: the oldest gives way to the newest."""

import asyncio
import socket
from pathlib import Path

from middleware.inbound.certificate import Certificate
from middleware.inbound.handshakes import Handshakes
from telemetry.events import RequestRejected
from tests.integration.certificates import made
from tests.recorder import Recorder


async def test_the_oldest_handshake_gives_way_to_the_newest(tmp_path: Path, events: Recorder) -> None:
    files = made(tmp_path)
    certificate = Certificate(files.certificate, files.key, observe=events)
    handshakes = Handshakes(certificate, asyncio.Protocol, observe=events, at_once=2, seconds=60)
    ours, theirs = zip(*(socket.socketpair() for _ in range(3)), strict=True)
    for one in ours:
        one.setblocking(False)
        handshakes.begin(one)
        await asyncio.sleep(0)

    await events.wait_for(RequestRejected)
    first_ends = await asyncio.wait_for(asyncio.to_thread(theirs[0].recv, 1), timeout=10)
    for one in theirs[1:]:
        one.setblocking(False)
    others_wait = [_waits(one) for one in theirs[1:]]
    handshakes.close()
    last_end = await asyncio.wait_for(asyncio.to_thread(_end_of, theirs[2]), timeout=10)
    for one in theirs:
        one.close()

    assert (first_ends, others_wait, last_end) == (b"", [True, True], b"")


def _waits(one: socket.socket) -> bool:
    try:
        one.recv(1)
    except BlockingIOError:
        return True
    return False


def _end_of(one: socket.socket) -> bytes:
    one.setblocking(True)
    return one.recv(1)
