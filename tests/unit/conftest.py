"""Fixtures for tests without sockets."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from tests.unit.pool_script import Bench, MakeBench, settle, start


@pytest.fixture
async def make_bench() -> AsyncIterator[MakeBench]:
    """Makes benches for the pool's scheduling; closes them."""
    made: list[Bench] = []

    def make(*, jitter: float = 0.0, **policy: Any) -> Bench:
        made.append(Bench(jitter=jitter, **policy))
        return made[-1]

    yield make
    for bench in made:
        closing = start(bench.slots.close())
        await settle()
        bench.hand.advance(1000)
        await closing
