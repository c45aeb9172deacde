"""A worker's place, with workers that live and die by the test's word."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from server.workers.messages import Ready
from server.workers.restarts import RestartPolicy, Restarts
from server.workers.worker_post import SILENT_SECONDS, WorkerPost
from server.workers.worker_process import NotStarted
from telemetry.events import WorkerEnded, WorkerNotStarted, WorkerStarted
from tests.recorder import Recorder
from tests.unit.pool_script import settle

READY = Ready(service="shop", version="1", url="http://a", admin_url="http://b", listed="/")
POLICY = RestartPolicy(first_seconds=2.0, slowest_seconds=8.0)


class ScriptedWorker:
    """Answers, or ends before it does with `code`, having said why or not."""

    def __init__(self, pid: int, *, code: int | None = None, was_told: bool = False) -> None:
        self.pid = pid
        self.silent_seconds = 0.0
        self.did: list[str] = []
        self.is_slow_to_leave = False
        self._code = code
        self._was_told = was_told
        self._ended: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def end(self, code: int) -> None:
        if not self._ended.done():
            self._ended.set_result(code)

    async def ready(self) -> Ready:
        if self._code is not None:
            self.end(self._code)
            raise NotStarted("no memory", code=self._code, was_told=self._was_told)
        return READY

    async def wait(self) -> int:
        return await asyncio.shield(self._ended)

    def leave(self, *, is_replaced: bool) -> None:
        self.did.append("replaced" if is_replaced else "left")
        if not self.is_slow_to_leave:
            self.end(0)

    def kill(self) -> None:
        self.did.append("killed")
        self.end(-9)

    async def kill_standing_still(self) -> None:
        self.did.append("asked where it stands")
        self.end(-6)


class Stage:
    """A post, who comes to stand there, and how long it has slept."""

    number = 3

    def __init__(self, events: Recorder) -> None:
        self.coming: list[ScriptedWorker | NotStarted] = []
        self.joined: list[bool] = []
        self.slept: list[float] = []
        self.woken = asyncio.Event()
        self.deafened = 0
        restarts = Restarts(POLICY, now=lambda: 0.0, jitter=lambda: 0.0)
        self.post = WorkerPost(
            self,
            spawn=self.spawn,
            restarts=restarts,
            observe=events,
            sleep=self.sleep,
        )

    def deafen(self) -> None:
        self.deafened += 1

    async def spawn(self, *, joins: bool) -> ScriptedWorker:
        self.joined.append(joins)
        worker = self.coming.pop(0)
        if isinstance(worker, NotStarted):
            raise worker
        return worker

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        if seconds == 1.0:  # the look whether a loop turns, which would never end
            await self.woken.wait()
            self.woken.clear()


@pytest.fixture
async def stage(events: Recorder) -> Stage:
    return Stage(events)


@pytest.fixture
async def kept(stage: Stage) -> AsyncIterator[Sequence[ScriptedWorker]]:
    """Three workers; the first stands there and is kept up."""
    workers = [ScriptedWorker(pid) for pid in (1, 2, 3)]
    stage.coming = list(workers)
    await stage.post.open()
    keeping = asyncio.create_task(stage.post.keep_up())
    await settle()
    yield workers
    keeping.cancel()
    await asyncio.wait([keeping])


async def test_who_says_why_it_cannot_start_is_not_asked_again(stage: Stage) -> None:
    stage.coming = [ScriptedWorker(1, code=1, was_told=True)]

    with pytest.raises(NotStarted, match="no memory"):
        await stage.post.open()

    assert stage.slept == []


async def test_who_dies_while_starting_is_tried_three_times(stage: Stage, events: Recorder) -> None:
    stage.coming = [ScriptedWorker(pid, code=-9) for pid in (1, 2, 3)]

    with pytest.raises(NotStarted, match="no memory"):
        await stage.post.open()

    assert events.events == [
        WorkerStarted(number=3, pid=1),
        WorkerEnded(number=3, pid=1, exit_code=-9, pause_seconds=2.0),
        WorkerStarted(number=3, pid=2),
        WorkerEnded(number=3, pid=2, exit_code=-9, pause_seconds=4.0),
        WorkerStarted(number=3, pid=3),
    ]


async def test_another_takes_the_place_of_one_that_dies_and_nobody_waits_there_for_long(
    stage: Stage, kept: Sequence[ScriptedWorker]
) -> None:
    kept[0].end(-11)
    await settle()

    assert (stage.post.worker, stage.slept[1:], stage.deafened) == (kept[1], [2.0], 1)


async def test_one_whose_loop_stands_still_is_asked_where_and_ended(
    stage: Stage, kept: Sequence[ScriptedWorker]
) -> None:
    kept[0].silent_seconds = SILENT_SECONDS + 1
    stage.woken.set()
    await settle()

    assert (kept[0].did, stage.post.worker) == (["asked where it stands"], kept[1])


async def test_one_is_replaced_by_another_that_joins_it_and_answers(
    stage: Stage, kept: Sequence[ScriptedWorker], events: Recorder
) -> None:
    await stage.post.replace(patience_seconds=60.0)
    await settle()

    assert (kept[0].did, stage.post.worker, stage.joined) == (["replaced"], kept[1], [False, True])
    assert events.of(WorkerEnded) == []


async def test_one_stays_whose_replacement_does_not_come_up(stage: Stage, kept: Sequence[ScriptedWorker]) -> None:
    stage.coming = [ScriptedWorker(9, code=1, was_told=True)]

    with pytest.raises(NotStarted):
        await stage.post.replace(patience_seconds=60.0)

    assert (kept[0].did, stage.post.worker) == ([], kept[0])


async def test_a_place_is_filled_as_soon_as_the_machine_has_room_for_a_process(
    stage: Stage, kept: Sequence[ScriptedWorker], events: Recorder
) -> None:
    stage.coming.insert(0, NotStarted("no process can be made"))

    kept[0].end(-9)
    await settle()

    assert (stage.post.worker, stage.slept[1:]) == (kept[1], [2.0, 4.0])
    assert events.of(WorkerNotStarted) == [
        WorkerNotStarted(number=3, reason="no process can be made", pause_seconds=4.0)
    ]


async def test_one_that_dies_in_its_new_place_is_not_left_lying_until_the_replaced_one_has_left(
    stage: Stage, kept: Sequence[ScriptedWorker]
) -> None:
    kept[0].is_slow_to_leave = True
    replacing = asyncio.create_task(stage.post.replace(patience_seconds=60.0))
    await settle()

    kept[1].end(-11)
    await settle()

    assert stage.post.workers == [kept[2], kept[0]]
    kept[0].end(0)
    await replacing
    assert stage.post.workers == [kept[2]]


async def test_one_that_was_replaced_and_does_not_leave_in_time_is_killed(events: Recorder) -> None:
    stage = Stage(events)
    old, new = ScriptedWorker(1), ScriptedWorker(2)
    old.is_slow_to_leave = True
    stage.coming = [old, new]
    await stage.post.open()

    await stage.post.replace(patience_seconds=0.0)

    assert (old.did, stage.post.workers) == (["replaced", "killed"], [new])
