"""Records that are made as one statement: its parameters, and where each of those who wait hears of its own."""

import asyncio
from collections.abc import Iterator, Sequence
from typing import Any, overload

from middleware.errors import OutcomeUnknown, Overloaded
from storage.postgres.array_text import Scalar, array_text
from storage.postgres.statement import Statement

Row = tuple[Any, ...]

Place = asyncio.Future[Row | None]
"""Where somebody waits for the row of a record, or, which None says, for word that it is to be made alone."""


class Company(Sequence[Scalar]):
    """The parameters of a statement for several records: for each of its columns an array.

    They are settled when they are first looked at, as the statement is sent; until then others may join.
    """

    __slots__ = ("_arrays", "_key_place", "_members", "_others", "answered_seconds", "statement")

    def __init__(self, statement: Statement, *, others: int) -> None:
        """`statement` is for one of them, of whom there are so many besides the first."""
        self.statement = statement
        self.answered_seconds = 0.0
        self._others = others
        self._key_place = statement.key_place or 0
        self._members: dict[Scalar, tuple[Sequence[Scalar], Place]] = {}
        self._arrays: list[str] | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nobody has joined."""
        return not self._members

    @property
    def is_of_one(self) -> bool:
        """Whether nobody has joined but the first."""
        return len(self._members) == 1

    @property
    def is_sent(self) -> bool:
        """Whether it may have been."""
        return self._arrays is not None

    @property
    def has_room(self) -> bool:
        """Whether one more may join."""
        return self._arrays is None and len(self._members) <= self._others

    def has_key_of(self, parameters: Sequence[Scalar]) -> bool:
        """Whether one with the same key is among them: whose the row would be nobody could tell."""
        return parameters[self._key_place] in self._members

    def join(self, parameters: Sequence[Scalar]) -> Place:
        """Have this record made too."""
        place: Place = asyncio.get_running_loop().create_future()
        self._members[parameters[self._key_place]] = (parameters, place)
        return place

    def answer(self, rows: Sequence[Row]) -> None:
        """Give each its row, which ends in its key; whose is not there is to be made alone."""
        found = {row[-1].decode(): row for row in rows}
        for key, (_, place) in self._members.items():
            if not place.done():
                place.set_result(found.get(key))

    def part(self) -> None:
        """Have each made alone."""
        self.answer(())

    def turn_away(self) -> None:
        """Tell each that there was no room for it."""
        for _, place in self._members.values():
            if not place.done():
                place.set_exception(Overloaded())

    def fail(self, error: BaseException) -> None:
        """Tell each that nobody knows what came of it."""
        for _, place in self._members.values():
            if not place.done():
                unknown = OutcomeUnknown()
                unknown.__cause__ = error.__cause__ if isinstance(error, OutcomeUnknown) else error
                place.set_exception(unknown)

    def __len__(self) -> int:
        """How many columns there are."""
        return len(self.statement.parameters)

    @overload
    def __getitem__(self, index: int) -> Scalar: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Scalar]: ...

    def __getitem__(self, index: int | slice) -> Scalar | Sequence[Scalar]:
        """One of them."""
        return self._columns()[index]

    def __iter__(self) -> Iterator[Scalar]:
        """All of them."""
        return iter(self._columns())

    def _columns(self) -> list[str]:
        """Without the records of those who have left; of no record at all each is empty."""
        if self._arrays is None:
            rows = [parameters for parameters, place in self._members.values() if not place.done()]
            self._arrays = [array_text(column) for column in zip(*rows, strict=True)] or ["{}"] * len(self)
        return self._arrays
