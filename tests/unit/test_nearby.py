"""What is kept in the process has its bound, and the longest unused makes room."""

from storage.cache.nearby import Nearby


def filled(*names: str, maximum_bytes: int = 30) -> Nearby[str]:
    nearby = Nearby[str](maximum_bytes)
    for name in names:
        nearby.put(name, name.upper(), size_bytes=10)
    return nearby


def kept(nearby: Nearby[str]) -> list[str]:
    return [name for name in "abcde" if nearby.get(name) is not None]


def test_the_longest_unused_makes_room() -> None:
    nearby = filled("a", "b", "c")

    used = nearby.get("a")
    nearby.put("d", "D", size_bytes=10)

    assert (used, kept(nearby), nearby.size_bytes) == ("A", ["a", "c", "d"], 30)


def test_what_is_put_again_takes_the_place_of_what_was_there() -> None:
    nearby = filled("a", "b")

    nearby.put("a", "other", size_bytes=15)

    assert (nearby.get("a"), kept(nearby), nearby.size_bytes) == ("other", ["a", "b"], 25)


def test_something_large_takes_the_room_of_several() -> None:
    nearby = filled("a", "b", "c")

    nearby.put("d", "D", size_bytes=25)

    assert (kept(nearby), nearby.size_bytes) == (["d"], 25)


def test_what_is_larger_than_all_there_may_be_is_not_kept_and_nothing_goes_for_it() -> None:
    nearby = filled("a", "b")

    nearby.put("c", "C", size_bytes=31)

    assert (kept(nearby), nearby.size_bytes) == (["a", "b"], 20)


def test_what_was_dropped_is_gone() -> None:
    nearby = filled("a", "b")

    nearby.drop("a")
    nearby.drop("c")

    assert (kept(nearby), nearby.size_bytes) == (["b"], 10)
