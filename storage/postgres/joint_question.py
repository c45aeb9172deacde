"""What a caller asks of Postgres, such that it can be asked together with others' questions."""

from collections.abc import Callable, Coroutine, Hashable, Sequence
from typing import Any

from middleware.outbound.together import Joint
from storage.postgres.array_text import Scalar, array_text
from storage.postgres.connection import Row
from storage.postgres.statement import Statement

Ask = Callable[[Statement, Sequence[Scalar]], Coroutine[Any, Any, list[Row]]]
"""Executes a statement on a connection."""


class Question(Joint):
    """A statement that only reads, and its parameters.

    Those that read one record each, by key, are asked together by their keys; of others only the very same.
    """

    __slots__ = ("_ask", "_statement", "parameters")

    def __init__(self, statement: Statement, parameters: Sequence[Scalar], *, ask: Ask) -> None:
        self._statement = statement
        self.parameters = parameters
        self._ask = ask

    @property
    def gathers(self) -> bool:
        """Those that read one record each."""
        return self._statement.of_several is not None

    def __call__(self) -> Coroutine[Any, Any, list[Row]]:
        """Ask it alone."""
        return self._ask(self._statement, self.parameters)

    @property
    def kind(self) -> Hashable:
        """The statement, and what it is given where that is to be the same."""
        statement = self._statement
        return statement.name if statement.of_several is not None else (statement.name, tuple(self.parameters))

    async def together_with(self, others: Sequence[Joint]) -> Sequence[list[Row]]:
        """The rows each of them would have had."""
        of_several = self._statement.of_several
        if of_several is None:
            return [await self()] * (1 + len(others))
        questions = [self, *(other for other in others if isinstance(other, Question))]
        keys = array_text([question.parameters[0] for question in questions])
        rows: dict[object, list[Row]] = {place: [] for place in range(1, len(questions) + 1)}
        for row in await self._ask(of_several, (keys,)):
            rows[row[0]].append(row[1:])
        return list(rows.values())
