"""What being seen costs: µs of CPU a request for all telemetry together and part by part, and what a scrape takes.

Run it with `python -m benchmarks.telemetry_cost`. What a request tells is taken from a service that answers one for
real, over the embedded Postgres and Valkey; then the same is told again and again to the readers of a service, log
lines going nowhere. Figures are medians of several rounds of one process, which alternate.
"""

import asyncio
import os
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import partial
from typing import Annotated, Any

import uvloop
from aiohttp import ClientSession, hdrs

from benchmarks.service import PLENTY, Product
from server import SIGNED_IN, Availability, Latency, Model, Resource, Service, Unique
from server.declaration import checked
from server.own_routes import slis_served
from server.readers import telemetry_for
from server.settings import Settings
from server.standard_error import STANDARD_ERROR
from server.testing import ServedService, served
from telemetry.context import CURRENT_REQUEST, Identifier
from telemetry.dependency_health import DependencyHealth
from telemetry.deployment import Deployment
from telemetry.events import (
    AccessDecided,
    Authenticated,
    DependencyCalled,
    Event,
    Observe,
    RateLimitDecided,
    RequestFinished,
    RequestStarted,
)
from telemetry.exposition import expose
from telemetry.kept_traces import KeptTraces
from telemetry.log_format import json_lines
from telemetry.log_sampling import EVERYTHING
from telemetry.log_sink import Sink
from telemetry.logs import Logs
from telemetry.metrics import Metrics
from telemetry.observers import Observers, Only, bound, glance_of
from telemetry.recorder import Recorder as SpanRecorder
from telemetry.sli_counts import SliCounts

REQUESTS = 1_000
ROUNDS = 11
REQUESTS_A_TURN = 50
"""Between two turns of the loop, in which log lines are written."""
SCRAPES = 51
SERIES = (2_000, 20_000)
OPENMETRICS = "application/openmetrics-text"
LAYERS = ("authenticate", "rate_limit", "validate", "idempotency")
"""Those that mark that a request has come as far as them."""
ALIKE = frozenset({RequestStarted, Authenticated, AccessDecided, RateLimitDecided})
"""What is told of every request in the same words."""
ORIGIN = Deployment(service="bench", version="1", environment="bench")
PRODUCT = {"name": "chair", "price": "9.90", "stock": 3, "tags": ["wood", "oak"]}


class Note(Model):
    name: Annotated[str, Unique()]


SERVICE = Service(
    name="bench",
    objectives=[Availability(0.999), Latency(0.99, under_seconds=0.25)],
    resources=[
        Resource(Product, path="/products", access=SIGNED_IN),
        Resource(Note, path="/notes", access=SIGNED_IN, cache_seconds=3_600),
    ],
    read_limit=PLENTY,
    write_limit=PLENTY,
)

Make = tuple[type[Event], Mapping[str, Any]]
"""An event's class and what it is made of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What one request of a kind told."""

    title: str
    events: Sequence[Event]

    @property
    def makes(self) -> list[Make]:
        """How to tell it again."""
        return [
            (type(event), {field.name: getattr(event, field.name) for field in fields(event)}) for event in self.events
        ]


async def tell_tales(service: ServedService) -> list[Told]:
    """One request of each kind, after others like it have warmed what it needs."""
    told = []
    async with ClientSession(headers={hdrs.AUTHORIZATION: f"Bearer {await service.key('staff')}"}) as client:

        async def ask(method: str, path: str, **body: Any) -> tuple[Mapping[str, Any], list[Event]]:
            service.events.forget()
            async with client.request(method, service.url + path, **body) as response:
                answer = await response.json()
            return answer, list(service.events.events)

        for number in range(3):
            product, created = await ask("POST", "/products", json={**PRODUCT, "sku": f"ABC-{number}"})
            note, _ = await ask("POST", "/notes", json={"name": str(number)})
        kinds = {
            "read one": f"/products/{product['id']}",
            "read one, cached": f"/notes/{note['id']}",
            "list 20": "/products?limit=20",
        }
        for title, path in kinds.items():
            for _ in range(3):
                _, heard = await ask("GET", path)
            told.append(Told(title=title, events=heard))
    return [*told, Told(title="create", events=created)]


def readers_of(sink: Sink) -> Mapping[str, Observers]:
    """Each reader alone."""
    return {
        "metrics": Observers([Metrics(Deployment(service="bench", version="1", environment="test"))]),
        "logs": Observers([Logs(json_lines(ORIGIN), sink)]),
        "objectives": Observers([SliCounts(slis_served(checked(SERVICE)))]),
        "health of dependencies": Observers([Only(DependencyCalled, DependencyHealth())]),
    }


def nothing(_event: Event) -> None:
    """Nobody listens."""


async def cpu_micros(one: Callable[[], object]) -> float:
    """CPU time of one request's share."""
    started = time.process_time()
    for number in range(REQUESTS):
        one()
        if number % REQUESTS_A_TURN == 0:
            await asyncio.sleep(0)
    return (time.process_time() - started) / REQUESTS * 1e6


def everything(told: Told, observe: Observe, make_context: Identifier) -> Callable[[], object]:
    """A request's ids and trace, what it tells, its end at a glance as it is told, and where its time went."""
    *makes, (finished, ending) = [make for make in told.makes if make[0] not in ALIKE]
    glance = glance_of(observe, RequestFinished(**ending))
    alike = [bound(observe, event) for event in told.events if type(event) in ALIKE]

    def one() -> None:
        context = make_context()
        place = CURRENT_REQUEST.set(context)
        for tell in alike:
            tell()
        for kind, values in makes:
            observe(kind(**values))
        for layer in LAYERS:
            context.recording.reach(layer)
        read = glance(0.001, context)
        if read is not None:
            read(finished(**ending))
        context.stages.header(0.001)
        CURRENT_REQUEST.reset(place)

    return one


def traced(told: Told, make_context: Identifier) -> Callable[[], object]:
    """A request's ids, and what is noted and kept of it, of events made before."""
    observe = Observers([SpanRecorder(), KeptTraces()])

    def one() -> None:
        context = make_context()
        place = CURRENT_REQUEST.set(context)
        for layer in LAYERS:
            context.recording.reach(layer)
        for event in told.events:
            observe(event)
        CURRENT_REQUEST.reset(place)

    return one


def telling(told: Told, observe: Observe) -> Callable[[], object]:
    """The same events, made before."""

    def one() -> None:
        for event in told.events:
            observe(event)

    return one


def making(told: Told) -> Callable[[], object]:
    """Only the events."""
    makes = told.makes

    def one() -> None:
        for kind, values in makes:
            kind(**values)

    return one


async def compare(told: Sequence[Told], sink: Sink) -> None:
    """Print the table of what a request costs."""
    telemetry = telemetry_for(checked(SERVICE), Settings(log_sample=EVERYTHING))
    make_context = Identifier()
    seen: dict[str, dict[str, list[float]]] = {}
    for _ in range(ROUNDS):
        for one in told:
            rows: dict[str, Callable[[], object]] = {
                "ids and trace": traced(one, make_context),
                "events, made": making(one),
            }
            rows |= {name: telling(one, observe) for name, observe in readers_of(sink).items()}
            rows["all of it"] = everything(one, telemetry.observe, make_context)
            for name, does in rows.items():
                seen.setdefault(name, {}).setdefault(one.title, []).append(await cpu_micros(does))
    telemetry.sink.close()
    print(f"{'µs of CPU a request':<22}" + "".join(f"{one.title:>18}" for one in told))
    print(f"{'events':<22}" + "".join(f"{len(one.events):18}" for one in told))
    for name, costs in seen.items():
        print(f"{name:<22}" + "".join(f"{statistics.median(costs[one.title]):18.1f}" for one in told))


def with_series(told: Sequence[Told], series: int) -> Metrics:
    """A service's metrics once it has so many series."""
    metrics = Metrics(Deployment(service="bench", version="1", environment="test"), max_label_sets=series)
    for number in range(series):
        for event in told[0].events:
            metrics(event)
        metrics.expect_requests([("GET", f"/{number}")])
        if lines_of(metrics) >= series:
            return metrics
    raise ValueError(f"no {series} series")


def lines_of(metrics: Metrics) -> int:
    """How many samples a scrape has."""
    return sum(not line.startswith(b"#") for line in b"".join(metrics.slices(openmetrics=False)).splitlines())


async def longest_gap(scrape: Callable[[], Any]) -> float:
    """The longest that the loop did not turn while somebody scraped, in ms."""
    gaps, done = [0.0], asyncio.Event()

    async def turn() -> None:
        last = time.perf_counter()
        while not done.is_set():
            await asyncio.sleep(0)
            gaps.append(time.perf_counter() - last)
            last += gaps[-1]

    turning = asyncio.create_task(turn())
    await asyncio.sleep(0)
    await scrape()
    done.set()
    await turning
    return max(gaps) * 1e3


async def scraped(metrics: Metrics, *, accept: str, packing: str) -> bytes:
    """What a scraper gets."""
    return (await expose(metrics, accept=accept, accept_encoding=packing)).body


async def scrapes(told: Sequence[Told]) -> None:
    """Print the table of what a scrape costs."""
    print(f"\n{'a scrape':<34}{'CPU, ms':>10}{'longest stall, ms':>20}{'bytes':>12}")
    for series in SERIES:
        metrics = with_series(told, series)
        for accept, packing in ((word, packing) for word in ("", OPENMETRICS) for packing in ("", "gzip")):
            scrape = partial(scraped, metrics, accept=accept, packing=packing)
            costs, gaps = [], []
            for _ in range(SCRAPES):
                started = time.process_time()
                body = await scrape()
                costs.append((time.process_time() - started) * 1e3)
                gaps.append(await longest_gap(scrape))
            title = (
                f"{lines_of(metrics)} series, {'OpenMetrics' if accept else 'classic'}{', packed' if packing else ''}"
            )
            print(f"{title:<34}{statistics.median(costs):10.2f}{statistics.median(gaps):20.2f}{len(body):12}")


async def main() -> None:
    """A request, then a scrape."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, STANDARD_ERROR)
    async with served(SERVICE, log_level="info") as service:
        told = await tell_tales(service)
    sink = Sink(nowhere)
    await compare(told, sink)
    sink.close()
    await scrapes(told)


if __name__ == "__main__":
    uvloop.run(main())
