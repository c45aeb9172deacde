"""Runs a coroutine in a context of its own without a task of its own.

What a request sets in context variables must not be there for the next one on its connection. aiohttp starts a task
for each request for that; with its two turns of the event loop it costs 5 µs. A context alone costs 0.3, and 0.2 more
each time the coroutine waits.
"""

import types
from collections.abc import Callable, Coroutine, Generator
from contextvars import copy_context
from typing import Any, TypeVar

T = TypeVar("T")


@types.coroutine
def in_own_context(work: Coroutine[Any, Any, T], *, waits: Callable[[object], object]) -> Generator[Any, Any, T]:
    """Do the work in a copy of the present context; `waits` is told of each thing it waits for."""
    run = copy_context().run
    try:
        awaited = run(work.send, None)
        while True:
            waits(awaited)
            thrown: BaseException | None = None
            try:
                sent = yield awaited
            except BaseException as error:  # noqa: BLE001 - a cancellation too is for the work to see
                thrown = error
            awaited = run(work.send, sent) if thrown is None else run(work.throw, thrown)
    except StopIteration as done:
        return done.value  # type: ignore[no-any-return]  # StopIteration does not say of what type its value is
