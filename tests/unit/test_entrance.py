"""Whether connections are taken, by how many there are and how many wait."""

from middleware.inbound.entrance import Entrance


class Listening:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def pause(self) -> None:
        self.told.append("none")

    def resume(self) -> None:
        self.told.append("all")

    def admit_few(self, connections: int) -> None:
        self.told.append(f"{connections}")


def entrance_of(connections: int) -> tuple[Entrance, list[str]]:
    entrance, listening = Entrance(connections), Listening()
    entrance.add(listening)
    return entrance, listening.told


def test_at_the_cap_none_are_taken_until_one_ends() -> None:
    entrance, told = entrance_of(2)
    for change in (entrance.opened, entrance.opened, entrance.closed, entrance.opened):
        change()

    assert told == ["none", "all", "none"]


def test_in_a_crowd_few_are_taken_and_afterwards_all() -> None:
    entrance, told = entrance_of(10)
    entrance.crowd()
    entrance.crowd()
    entrance.let_few(4)
    entrance.clear()
    entrance.clear()

    assert told == ["none", "4", "all"]


def test_a_crowd_is_let_in_no_further_than_the_cap() -> None:
    entrance, told = entrance_of(2)
    entrance.opened()
    entrance.crowd()
    entrance.let_few(4)
    entrance.opened()
    entrance.let_few(4)

    assert told == ["none", "1", "none"]


def test_after_a_crowd_the_cap_holds_still_and_in_a_crowd_an_ending_lets_nobody_in() -> None:
    entrance, told = entrance_of(1)
    entrance.crowd()
    entrance.opened()
    entrance.closed()
    entrance.opened()
    entrance.clear()
    entrance.closed()

    assert told == ["none", "none", "none", "all"]
