"""What a served request does to the counts of the objectives, as a scrape shows them."""

import asyncio

import aiohttp
from aiohttp import web
from prometheus_client.parser import text_string_to_metric_families as parse

from server import ANYONE, Availability, Latency, Model, Resource, Route, Service
from server.testing import ServedService, served
from telemetry.events import RequestFinished


class Note(Model):
    text: str


async def fail(request: web.Request) -> None:
    raise RuntimeError("a bug")


async def dawdle(request: web.Request) -> None:
    await asyncio.Event().wait()


SERVICE = Service(
    name="notes",
    resources=[Resource(Note, "/notes", access=ANYONE, objectives=[Availability(0.99)])],
    routes=[
        Route("POST", "/fail", fail, access=ANYONE),
        Route(
            "GET", "/dawdle", dawdle, access=ANYONE, objectives=[Availability(0.99), Latency(0.99, under_seconds=0.1)]
        ),
    ],
    objectives=[Availability(0.999), Latency(0.99, under_seconds=10)],
)


async def counts(running: ServedService, client: aiohttp.ClientSession) -> dict[str, tuple[float, float]]:
    """The good and the bad events of each SLI."""
    async with client.get(f"{running.admin_url}/metrics") as answer:
        families = parse(await answer.text())
    found: dict[str, dict[str, float]] = {}
    for sample in (sample for family in families for sample in family.samples if sample.name == "sli_events_total"):
        found.setdefault(sample.labels["sli"], {})[sample.labels["outcome"]] = sample.value
    return {sli: (seen["good"], seen["bad"]) for sli, seen in found.items()}


async def test_every_request_to_what_is_declared_counts_for_the_promises_made_of_it_and_no_other() -> None:
    async with served(SERVICE) as running, aiohttp.ClientSession(running.url) as client:
        before = await counts(running, client)
        hurried = {"Request-Timeout": "0.2"}
        asked = [
            await client.get("/notes"),
            await client.head("/notes"),
            await client.post("/notes", json={}),
            await client.post("/fail"),
            await client.get("/dawdle", headers=hurried),
            await client.get("/identity/keys"),
            *[await client.get(path) for path in ("/", "/docs", "/openapi.json", "/nowhere")],
            await client.options("/notes"),
        ]
        await running.events.wait_for(RequestFinished, lambda one: one.method == "OPTIONS")
        after = await counts(running, client)

    assert [one.status for one in asked] == [200, 200, 422, 500, 504, 401, 200, 200, 200, 404, 204]
    names = ("availability", "latency", "notes_availability", "get_dawdle_availability", "get_dawdle_latency")
    assert before == dict.fromkeys(names, (0, 0))
    assert after == {
        "availability": (4, 1),
        "latency": (2, 0),
        "notes_availability": (3, 0),
        "get_dawdle_availability": (0, 0),
        "get_dawdle_latency": (0, 1),
    }
