"""How commands gather into pipelines, on lanes that answer when the test says so."""

import asyncio

import pytest
from redis import exceptions

from middleware.errors import Bug, Elapsed, Overloaded, Problem, Unavailable
from storage.redis.coalescing import Coalescer
from storage.redis.error_replies import translated
from storage.redis.redis_wire import Ended, Pipeline, settle


class ScriptedLane:
    """Echoes each command when let through; fails a pipeline that holds `break`."""

    def __init__(self) -> None:
        self.pipelines: list[list[bytes]] = []
        self.open = asyncio.Event()
        self.is_given_up = False

    def send(self, _pipeline: Pipeline, _ended: Ended, /) -> bool:
        return False

    async def carry(self, pipeline: Pipeline, /) -> None:
        self.pipelines.append(list(pipeline.values()))
        await self.open.wait()
        for waiter, packed in pipeline.items():
            if packed == b"break":
                raise ConnectionResetError
            if packed == b"hang":
                raise TimeoutError
            settle(waiter, packed)

    def give_up(self) -> None:
        self.is_given_up = True

    async def disconnect(self) -> None:
        self.open.clear()


def sent(coalescer: Coalescer, *words: bytes) -> list[asyncio.Task[object]]:
    return [asyncio.create_task(coalescer.send(word)) for word in words]


async def turns(count: int = 5) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def test_commands_of_one_turn_are_one_pipeline() -> None:
    lane = ScriptedLane()
    lane.open.set()

    replies = await asyncio.gather(*sent(Coalescer([lane], maximum_waiting=9, maximum_length=9), b"a", b"b", b"c"))

    assert (replies, lane.pipelines) == ([b"a", b"b", b"c"], [[b"a", b"b", b"c"]])


async def test_what_comes_while_every_lane_is_busy_leaves_together() -> None:
    lane = ScriptedLane()
    coalescer = Coalescer([lane], maximum_waiting=9, maximum_length=2)
    tasks = sent(coalescer, b"a")
    await turns()
    tasks += sent(coalescer, b"b")
    await turns()
    tasks += sent(coalescer, b"c", b"d")
    await turns()
    lane.open.set()

    assert await asyncio.gather(*tasks) == [b"a", b"b", b"c", b"d"]
    assert lane.pipelines == [[b"a"], [b"b", b"c"], [b"d"]]


async def test_whoever_gives_up_in_the_queue_is_not_sent_and_leaves_room() -> None:
    lane = ScriptedLane()
    coalescer = Coalescer([lane], maximum_waiting=1, maximum_length=9)
    first = sent(coalescer, b"a")
    await turns()
    second = sent(coalescer, b"b")
    await turns()
    with pytest.raises(Overloaded):
        await coalescer.send(b"too many")
    second[0].cancel()
    await turns()
    third = sent(coalescer, b"c")
    await turns()
    lane.open.set()

    assert await asyncio.gather(*first, *third) == [b"a", b"c"]
    assert lane.pipelines == [[b"a"], [b"c"]]


async def test_a_broken_pipeline_fails_what_it_has_not_answered_and_nothing_after_it() -> None:
    lane = ScriptedLane()
    lane.open.set()
    coalescer = Coalescer([lane], maximum_waiting=9, maximum_length=3)

    replies = await asyncio.gather(*sent(coalescer, b"a", b"break", b"b", b"c"))

    assert [reply if isinstance(reply, bytes) else type(reply) for reply in replies] == [
        b"a",
        ConnectionResetError,
        ConnectionResetError,
        b"c",
    ]


async def test_a_close_answers_everybody_who_waits() -> None:
    lane = ScriptedLane()
    coalescer = Coalescer([lane], maximum_waiting=9, maximum_length=1)
    tasks = sent(coalescer, b"a", b"b")
    await turns()

    await coalescer.close()

    replies = await asyncio.gather(*tasks)
    assert [str(reply) for reply in replies] == ["closed", "closed"]
    with pytest.raises(Unavailable):
        await coalescer.send(b"c")


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        (TimeoutError(), Elapsed),
        (exceptions.TimeoutError(), Elapsed),
        (ConnectionResetError(), Unavailable),
        (exceptions.BusyLoadingError(), Unavailable),
        (exceptions.AuthenticationError(), Unavailable),
        (exceptions.ReadOnlyError(), Unavailable),
        (exceptions.NoPermissionError(), Unavailable),
        (exceptions.MasterDownError("a replica"), Unavailable),
        (exceptions.OutOfMemoryError(), Overloaded),
        (exceptions.ResponseError("MISCONF cannot write to disk"), Unavailable),
        (exceptions.ResponseError("NOAUTH Authentication required."), Unavailable),
        (exceptions.ResponseError("Error running script (call to f_1): @user_script:4: -OOM command"), Overloaded),
        (exceptions.ResponseError("Error running script (call to f_1): @user_script:4: -READONLY no"), Unavailable),
        (exceptions.ResponseError("WRONGTYPE Operation against a key"), Bug),
        (exceptions.InvalidResponse(), Bug),
        (ValueError(), Bug),
    ],
    ids=lambda value: f"{type(value).__name__}: {value}" if isinstance(value, Exception) else value.__name__,
)
def test_each_error_has_our_word(error: Exception, problem: type[Problem]) -> None:
    assert type(translated(error)) is problem


@pytest.mark.parametrize(("ending", "is_given_up"), [(b"hang", True), (b"break", False)])
async def test_where_one_connection_hangs_the_idle_ones_to_the_same_server_are_given_up(
    ending: bytes, is_given_up: bool
) -> None:
    idle, hanging = ScriptedLane(), ScriptedLane()
    hanging.open.set()
    coalescer = Coalescer([idle, hanging], maximum_waiting=9, maximum_length=9)

    await asyncio.gather(*sent(coalescer, ending))

    assert idle.is_given_up is is_given_up
