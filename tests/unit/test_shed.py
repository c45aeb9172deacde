"""Who is let in, who is held and who is refused, on a clock that moves when told."""

from collections import Counter, deque
from collections.abc import Sequence
from typing import cast

import pytest

from middleware.inbound.concurrency import ConcurrencyPolicy
from middleware.inbound.priorities import Priority
from middleware.inbound.shed import Shed
from middleware.inbound.shed_policy import ShedPolicy
from telemetry.events import SheddingChanged
from tests.hand_clock import HandClock
from tests.recorder import Recorder


class Waiting:
    """A connection with a request; `ends` is what became of all of them, in order."""

    def __init__(self, name: str, room: "Room", *, size_bytes: int = 100) -> None:
        self.name = name
        self.room = room
        self.size_bytes = size_bytes
        self.arrived_seconds = room.hand.instant
        self.slot: int | None = None

    def arrive(self, priority: Priority = "default") -> None:
        if self.room.shed.enter(self.room.hand.instant):
            self.let_in(self.room.hand.instant)
        else:
            self.room.shed.hold(self, priority.encode())

    def let_in(self, now: float) -> None:
        self.room.ends.append(f"{self.name} in")
        self.slot = self.room.shed.count(now)

    def refuse(self) -> None:
        self.room.ends.append(f"{self.name} refused")

    def end(self) -> None:
        assert self.slot is not None
        self.room.shed.leave(self.slot)
        self.room.hand.advance(0.0)  # the loop's next turn


class Breaking(Waiting):
    """A connection that comes to grief over what it has held."""

    def let_in(self, now: float) -> None:
        super().let_in(now)
        raise LookupError(self.name)


class Room:
    """A Shed with room for two."""

    def __init__(self, events: Recorder, *, limit: int = 2, **policy: object) -> None:
        self.hand = HandClock()
        self.ends: list[str] = []
        self.elsewhere = 0
        policy.setdefault("burst_seconds", 0.0)
        concurrency = ConcurrencyPolicy(initial=limit, minimum=limit, maximum=limit)
        self.shed = Shed(
            ShedPolicy(concurrency=concurrency, **policy),  # type: ignore[arg-type]  # numbers by name
            classify=lambda opening: cast("Priority", opening.decode()),
            elsewhere=lambda: self.elsewhere,
            observe=events,
            clock=self.hand.clock,
        )

    def come(self, *names: str, priority: Priority = "default") -> Sequence[Waiting]:
        """Requests arrive, a millisecond between them."""
        found = []
        for name in names:
            found.append(Waiting(name, self))
            found[-1].arrive(priority)
            self.hand.advance(0.001)
        return found


@pytest.fixture
def room(events: Recorder) -> Room:
    return Room(events)


def test_as_many_as_may_be_at_work_are_let_in_at_once(room: Room) -> None:
    room.come("a", "b", "c")

    assert room.ends == ["a in", "b in"]


def test_it_is_as_full_as_those_at_work_and_held_are_of_those_that_may_be(room: Room) -> None:
    fullness = [room.shed.fullness]
    for name in ("a", "b", "c"):
        room.come(name)
        fullness.append(room.shed.fullness)
    room.elsewhere = 1
    fullness.append(room.shed.fullness)

    assert fullness == [0.0, 0.5, 1.0, 1.5, 1.0]


def test_when_one_ends_the_first_to_come_is_let_in(room: Room) -> None:
    first, *_ = room.come("a", "b", "c", "d")
    first.end()

    assert room.ends[2:] == ["c in"]


def test_once_the_requests_of_a_turn_have_taken_its_time_the_next_waits_for_another_turn(events: Recorder) -> None:
    room = Room(events, limit=100)
    for name in ("a", "b", "c", "d"):
        Waiting(name, room).arrive()
        room.hand.stall(0.003)  # what its answer takes
    in_this_turn = [*room.ends]
    room.hand.advance(0.0)

    assert (in_this_turn, room.ends) == (["a in", "b in"], ["a in", "b in", "c in", "d in"])


def test_of_those_held_as_many_are_let_in_at_each_turn_as_it_has_time_for(events: Recorder) -> None:
    room = Room(events, limit=100)

    class Lasting(Waiting):
        def let_in(self, now: float) -> None:
            super().let_in(now)
            room.hand.stall(0.003)

    for name in "abcdefg":
        Lasting(name, room).arrive()
    seen = [len(room.ends)]
    while room.shed.held:
        room.hand.next_turn()
        seen.append(len(room.ends))

    assert seen == [2, 4, 6, 7]


def test_long_turns_make_it_full_though_nothing_is_at_work(events: Recorder) -> None:
    room = Room(events, limit=100)
    for name in map(str, range(12)):
        Waiting(name, room).arrive()
        room.hand.stall(0.008)
        room.hand.next_turn()

    assert room.shed.held == 0
    assert room.shed.fullness == pytest.approx(2.0)


def test_once_somebody_has_waited_for_too_long_the_last_to_come_is_let_in(room: Room) -> None:
    first, *_ = room.come("a", "b", "c")
    room.hand.advance(0.06)
    room.come("d")
    first.end()

    assert room.ends[2:] == ["d in"]


def test_of_many_who_ask_again_once_they_are_answered_everybody_is_answered(room: Room) -> None:
    waiting = deque(room.come(*(f"{number}" for number in range(12))))
    for _ in range(100):
        answered = waiting.popleft()
        answered.end()
        waiting.extend(room.come(answered.name))

    assert not [end for end in room.ends if end.endswith("refused")]
    assert min(Counter(room.ends).values()) >= 8


def test_what_was_held_up_for_a_moment_is_worked_off_in_its_order_and_nobody_is_refused(events: Recorder) -> None:
    room = Room(events, burst_seconds=0.5)
    waiting = deque(room.come(*(f"{number}" for number in range(12))))
    room.hand.advance(0.2)
    for _ in range(500):
        answered = waiting.popleft()
        answered.end()
        waiting.extend(room.come(answered.name))

    assert room.ends[:12] == [f"{number} in" for number in range(12)]
    assert not [end for end in room.ends if end.endswith("refused")]


def test_whoever_matters_more_is_let_in_before_those_who_came_later(room: Room) -> None:
    first, second = room.come("a", "b")
    room.come("plain")
    room.come("extra", priority="sheddable")
    first.end()
    second.end()

    assert room.ends[2:] == ["plain in", "extra in"]


def test_nobody_is_refused_before_its_time_and_then_the_oldest_that_matters_least(events: Recorder) -> None:
    room = Room(events, refusals_a_second=20.0)
    room.come("a", "b", "old", "older than new")
    room.come("extra", "more", priority="sheddable")
    room.hand.advance(0.09)
    before = [*room.ends]
    room.hand.advance(0.03)

    assert (before, room.ends[2:]) == (["a in", "b in"], ["extra refused", "more refused"])


def test_so_many_are_refused_in_a_second_and_no_more(events: Recorder) -> None:
    room = Room(events, refusals_a_second=50.0)
    room.come(*(f"{number}" for number in range(502)))
    room.hand.advance(0.5)

    assert sum(end.endswith("refused") for end in room.ends) in range(40, 61)


def test_nobody_is_refused_before_the_line_has_stood_for_longer_than_a_burst_does(events: Recorder) -> None:
    room = Room(events, burst_seconds=0.5)
    room.come("a", "b", "c")
    room.hand.advance(0.4)
    before = [*room.ends]
    room.hand.advance(0.12)
    room.come("d")
    room.hand.advance(0.12)

    assert (before, room.ends[2:]) == (["a in", "b in"], ["c refused"])


def test_a_critical_one_is_let_in_above_the_limit_but_not_without_end(room: Room) -> None:
    room.come("a", "b")
    room.come("c", "d", "e", priority="critical")

    assert room.ends[2:] == ["c in", "d in"]


def test_one_whose_caller_leaves_is_forgotten(room: Room) -> None:
    first, _, held = room.come("a", "b", "c")
    room.shed.gone(held)
    first.end()
    room.hand.advance(1)

    assert room.ends == ["a in", "b in"]


def test_what_has_been_at_work_for_a_second_keeps_nobody_out(room: Room) -> None:
    room.come("a", "b")
    room.hand.advance(1.3)
    room.come("c", "d", "e")
    room.hand.advance(0.011)

    assert room.ends == ["a in", "b in", "c in", "d in"]


def test_ending_after_more_than_a_second_makes_no_room_twice(room: Room) -> None:
    first, _ = room.come("a", "b")
    room.hand.advance(1.3)
    room.come("c", "d", "e")
    room.hand.advance(0.011)
    first.end()

    assert room.ends == ["a in", "b in", "c in", "d in"]


def test_what_waits_for_a_dependency_keeps_nobody_out(room: Room) -> None:
    room.elsewhere = 1
    room.come("a", "b", "c", "d")

    assert room.ends == ["a in", "b in", "c in"]


def test_room_that_comes_without_anybody_ending_is_found_by_looking(room: Room) -> None:
    room.come("a", "b", "c")
    room.elsewhere = 1
    room.hand.advance(0.011)

    assert room.ends[2:] == ["c in"]


def test_one_the_kernel_has_held_for_longer_than_all_others_is_the_oldest(room: Room) -> None:
    first, _, _ = room.come("a", "b", "c")
    late = Waiting("late", room)
    late.arrived_seconds -= 0.09
    late.arrive()
    room.hand.advance(0.02)
    first.end()

    assert room.ends[2:] == ["late refused", "c in"]


def test_who_has_come_last_is_not_who_lay_in_the_kernel_until_then(room: Room) -> None:
    first, _, _ = room.come("a", "b", "c")
    room.hand.advance(0.06)
    room.come("d")
    late = Waiting("late", room)
    late.arrived_seconds -= 0.01
    late.arrive()
    first.end()

    assert room.ends[2:] == ["d in"]


def test_whoever_leaves_the_line_is_not_let_in_and_all_others_are(room: Room) -> None:
    first, second, third, fourth = room.come("a", "b", "c", "d")
    room.shed.gone(third)
    first.end()
    second.end()

    assert (room.ends[2:], room.shed.held, fourth.slot is not None) == (["d in"], 0, True)


def test_what_is_held_in_all_has_a_bound(events: Recorder) -> None:
    room = Room(events, held_bytes=250)
    room.come("a", "b", "c", "d", "e")
    big = Waiting("big", room, size_bytes=51)
    big.arrive()

    assert room.ends == ["a in", "b in", "e refused", "big refused"]


def test_shedding_is_told_once_when_it_begins_and_once_when_it_is_over(room: Room, events: Recorder) -> None:
    running = room.come("a", "b")
    room.come("c", "d")
    room.hand.advance(0.2)
    for one in running:
        one.end()
    room.hand.advance(11)

    assert events.events == [
        SheddingChanged(is_shedding=True, refused=0, limit=2),
        SheddingChanged(is_shedding=False, refused=2, limit=2),
    ]
    assert room.hand.pending == []


def test_whatever_one_connection_makes_of_being_let_in_the_others_are_looked_after(events: Recorder) -> None:
    room = Room(events, crowd=1)
    room.come("a", "b")
    Breaking("bad", room).arrive()
    room.come("waiting")
    room.elsewhere = 1

    with pytest.raises(LookupError):
        room.hand.advance(0.011)
    room.elsewhere = 2
    room.hand.advance(0.011)

    assert room.ends == ["a in", "b in", "bad in", "waiting in"]
