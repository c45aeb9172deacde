"""What runs statements, as those who have some to run see it."""

from collections.abc import Coroutine, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from storage.postgres.statement import Statement


class Runner(Protocol):
    """What runs statements: the pool, or a transaction."""

    def run(
        self, statement: Statement, parameters: Sequence[Any] = (), *, operation: str
    ) -> Coroutine[Any, Any, list[tuple[Any, ...]]]:
        """Run one; raises the problems the database's errors were translated to."""


class TransactionRunner(Runner, Protocol):
    """A runner that can also run several statements together: the pool, and within a transaction a part of it."""

    def transaction(self, *, operation: str = "transaction") -> "AbstractAsyncContextManager[TransactionRunner]":
        """A block whose statements succeed or fail together."""
