"""Lines on their way out: together, in order, never waited for."""

import asyncio
import os
import select
from collections.abc import Iterator

import pytest

from telemetry.log_sink import Sink

LINE = b"x" * 99 + b"\n"


class Pipe:
    def __init__(self) -> None:
        self.reading, self.writing = os.pipe()

    def read(self) -> bytes:
        """Everything there is now."""
        found = b""
        while select.select([self.reading], [], [], 0)[0] and (part := os.read(self.reading, 1 << 16)):
            found += part
        return found

    def fill(self) -> int:
        """Take all the room, as a reader that stands still does; tells how much that was."""
        os.set_blocking(self.writing, False)
        filled = os.write(self.writing, b"-" * (1 << 24))
        os.set_blocking(self.writing, True)
        return filled

    def close(self) -> None:
        for descriptor in (self.reading, self.writing):
            if descriptor >= 0:
                os.close(descriptor)


@pytest.fixture
def pipe() -> Iterator[Pipe]:
    pipe = Pipe()
    yield pipe
    pipe.close()


def test_without_a_loop_a_line_is_written_at_once(pipe: Pipe) -> None:
    Sink(pipe.writing).write(LINE)

    assert pipe.read() == LINE


async def test_the_lines_of_one_tick_leave_after_it_and_in_order(pipe: Pipe) -> None:
    sink = Sink(pipe.writing)
    lines = [b"%d\n" % number for number in range(1_000)]
    for line in lines:
        sink.write(line)
    within = pipe.read()
    await asyncio.sleep(0)
    await asyncio.sleep(0)

    assert (within, pipe.read(), sink.dropped) == (b"", b"".join(lines), 0)


def test_a_line_longer_than_a_pipe_takes_at_once_arrives_whole(pipe: Pipe) -> None:
    line = b"y" * 3 * select.PIPE_BUF + b"\n"
    sink = Sink(pipe.writing)
    sink.write(line)
    sink.write(LINE)

    assert pipe.read() == line + LINE


async def test_a_reader_that_stands_still_is_not_waited_for_and_gets_the_lines_later(pipe: Pipe) -> None:
    filled = pipe.fill()
    sink = Sink(pipe.writing)
    sink.write(LINE)
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    before = pipe.read()
    await _readable(pipe)

    assert (len(before), pipe.read(), sink.dropped) == (filled, LINE, 0)


async def test_what_does_not_fit_is_dropped_and_counted(pipe: Pipe) -> None:
    pipe.fill()
    sink = Sink(pipe.writing, max_waiting_bytes=10 * len(LINE))
    for _ in range(25):
        sink.write(LINE)

    assert sink.dropped == 15


def test_closing_gives_up_on_a_reader_that_stands_still(pipe: Pipe) -> None:
    pipe.fill()
    sink = Sink(pipe.writing)
    sink.write(LINE)
    sink.close(wait_seconds=0.001)

    assert sink.dropped == 1


async def test_closing_writes_what_waits(pipe: Pipe) -> None:
    sink = Sink(pipe.writing)
    sink.write(LINE)
    sink.close()

    assert pipe.read() == LINE


def test_a_reader_that_is_gone_costs_lines_and_nothing_else(pipe: Pipe) -> None:
    os.close(pipe.reading)
    pipe.reading = -1
    sink = Sink(pipe.writing)
    sink.write(LINE)
    sink.write(LINE)

    assert sink.dropped == 2


async def _readable(pipe: Pipe) -> None:
    loop = asyncio.get_running_loop()
    arrived = asyncio.Event()
    loop.add_reader(pipe.reading, arrived.set)
    async with asyncio.timeout(10):
        await arrived.wait()
    loop.remove_reader(pipe.reading)
