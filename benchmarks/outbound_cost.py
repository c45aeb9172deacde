"""What each outbound layer costs a call with no fault, in µs of CPU: the whole stack, and the stack less one layer.

Run it with `python -m benchmarks.outbound_cost`; figures are medians of several rounds of one process.
"""

import asyncio
import statistics
import time

from middleware.outbound import STACK, outbound
from middleware.outbound.layer import Call, Layer, Senses
from middleware.outbound.policy import Policy, PoolPolicy
from telemetry.events import Event

CALLS = 20_000
ROUNDS = 9


async def answer() -> None:
    """The attempt: nothing at all."""


async def cpu_micros(call: Call) -> float:
    """CPU time of one call."""
    started = time.process_time()
    for _ in range(CALLS):
        await call("read", answer)
    return (time.process_time() - started) / CALLS * 1e6


def stack_of(policy: Policy, layers: tuple[Layer, ...]) -> Call:
    """A stack of these layers that nobody listens to."""

    def observe(_event: Event) -> None:
        """Nobody listens."""

    return outbound(policy, senses=Senses(observe=observe), stack=layers)


async def compare(policy: Policy) -> None:
    """Print the table of one class of work; rounds alternate so that a noisy moment hits every row alike."""
    rows: dict[str, tuple[Layer, ...]] = {"no layer": (), "all layers": STACK}
    for layer in STACK:
        rows[f"without {getattr(layer, '__name__', layer)}"] = tuple(one for one in STACK if one is not layer)
    calls = {name: stack_of(policy, layers) for name, layers in rows.items()}
    seen: dict[str, list[float]] = {name: [] for name in rows}
    for _ in range(ROUNDS):
        for name, call in calls.items():
            seen[name].append(await cpu_micros(call))
    medians = {name: statistics.median(found) for name, found in seen.items()}
    print(f"\n{policy.name:<28}{'µs a call':>12}{'the layer':>12}")
    for name, micros in medians.items():
        share = f"{medians['all layers'] - micros:12.2f}" if name.startswith("without") else ""
        print(f"{name:<28}{micros:12.2f}{share}")
    guards = medians["without measure"] - medians["no layer"]
    print(f"{'all but measure, net':<28}{guards:12.2f}")


async def main() -> None:
    """Reads, then writes."""
    await compare(PoolPolicy().reads("postgres"))
    await compare(PoolPolicy().writes("postgres"))


if __name__ == "__main__":
    asyncio.run(main())
