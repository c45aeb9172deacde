"""A second process of a job for a while: some faults need two, some would spoil the first for all others."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from tests.proof.process_faults import LATE
from tests.proof.shops import Shop, served

OF_A_NEIGHBOUR = LATE | {"TargetDown", "EventLoopLagHigh"}
"""What may fire of one: while it starts, which takes as long as the others let it, and when it has been taken away."""

_NICENESS = 10


def neighbour(shop: Shop, name: str, *, settings: Mapping[str, str], environment: Mapping[str, str]) -> Shop:
    """One that is not served yet, with data of its own; its start takes no time from those that are."""
    return Shop(
        job=shop.job,
        data_dir=shop.data_dir.with_name(name),
        targets=shop.targets,
        settings=settings,
        environment={**shop.environment, **environment},
        prometheus=shop.prometheus,
        niceness=_NICENESS,
    )


@asynccontextmanager
async def beside(shop: Shop, other: Shop) -> AsyncIterator[Shop]:
    """Serve and call another one, and have Prometheus look at both, until left."""
    async with served(other):
        shop.neighbours.append(other)
        shop.show()
        try:
            await other.until_seen()
            yield other
        finally:
            shop.neighbours.remove(other)
            shop.gone.append(other.seen_at)
            shop.show()
