"""Limits over HTTP and on a real Valkey: exact while it answers, near while it does not."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from ipaddress import ip_network
from pathlib import Path

import orjson
import pytest
from aiohttp import web
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from middleware.inbound import Bounds, inbound
from middleware.inbound.admission import admit_everybody
from middleware.inbound.client_address import ClientAddress
from middleware.inbound.endpoint import Endpoint
from middleware.inbound.exchange import Exchange
from middleware.inbound.leases import LEASE_SECONDS, Leases
from middleware.inbound.limiter import Limiter
from middleware.inbound.local_limits import LocalLimits
from middleware.inbound.protocol import Edge
from middleware.inbound.quota import LEFT_SHARE, Charge, Decider, Limit, charge_of
from middleware.inbound.rate_limit import Limits
from middleware.outbound.clock import Clock
from middleware.outbound.layer import Senses
from middleware.outbound.policy import RedisPolicy
from middleware.suspension import Suspension
from storage.embedded import EmbeddedStorage
from storage.redis.client import RedisClient
from storage.redis.script import read_script
from storage.redis.shared_limits import SharedLimits
from telemetry.context import Identifier
from telemetry.events import EmbeddedStarted, RateLimitDecided
from tests.integration.loopback import Answer, Caller, served
from tests.leaky_bucket import LeakyBucket
from tests.principals import caller as caller_of
from tests.recorder import Recorder

LIMITS = st.builds(Limit, st.integers(1, 1_000_000), per_seconds=st.integers(1, 60), burst=st.integers(1, 20))

PATIENT = RedisPolicy(socket_timeout_seconds=10, connect_timeout_seconds=10, attempt_timeout_seconds=20)
"""For what is not about time: a busy machine may leave a server waiting."""


@asynccontextmanager
async def connected(url: str, policy: RedisPolicy = PATIENT) -> AsyncIterator[RedisClient]:
    client = RedisClient(url, policy=policy, senses=Senses(observe=Recorder()))
    try:
        yield client
    finally:
        await client.close()


@asynccontextmanager
async def limited(store: Decider, charge: Charge, *, events: Recorder, unmatched: int = 100) -> AsyncIterator[Caller]:
    """An application whose `/things` take a POST at `charge`; `X-Principal` names who calls, `X-Factor` its share."""
    endpoints: dict[Callable[..., object], Endpoint] = {}
    identify = Identifier()
    limits = Limits(
        store=store,
        address_of=ClientAddress([ip_network("127.0.0.1/32")]),
        secret=b"s" * 80,
        unmatched=charge_of("read", Limit(unmatched, per_seconds=60), cost=1),
    )

    async def read_input(request: web.Request) -> object:
        return await request.read()

    async def handle(_request: web.Request) -> web.Response:
        return web.Response(text="done")

    def name_principal(exchange: Exchange) -> None:
        if "X-Principal" in exchange.headers:
            factor = float(exchange.headers.get("X-Factor", "1"))
            exchange.is_from(caller_of(exchange.headers["X-Principal"], limit_factor=factor))

    stack = inbound(
        endpoints, observe=events, make_context=identify, bounds=Bounds(limits=limits), clock=Clock(jitter=lambda: 0.0)
    )
    stack = replace(stack, checks=(lambda _place: name_principal, *stack.checks))
    app = stack.install(web.Application())
    route = app.router.add_post("/things", handle)
    endpoints[route.handler] = Endpoint(
        template="/things", operation="things.create", decide=admit_everybody, read_input=read_input, charge=charge
    )
    edge = Edge(observe=events, make_context=identify)
    async with served(app, edge) as caller:
        yield caller


def limiter(redis: RedisClient, events: Recorder) -> Limiter:
    return Limiter(SharedLimits(redis), LocalLimits(), leases=Leases(), observe=events, suspension=Suspension())


async def post(caller: Caller, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await caller("POST", "/things", data=b"{}", headers=named)


@given(limit=LIMITS, costs=st.lists(st.integers(1, 5), min_size=1, max_size=30))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_the_script_decides_as_a_leaky_bucket_does(redis_url: str, limit: Limit, costs: list[int]) -> None:
    bucket, script = LeakyBucket(), read_script("gcra")
    async with connected(redis_url) as redis:
        await redis.run("DEL", "k")
        for cost in costs:
            charge = charge_of("read", limit, cost=min(cost, limit.at_once))

            reply = await redis.script(
                script, ["k"], arguments=[charge.cost_microseconds, charge.capacity_microseconds, 1, LEFT_SHARE, 0]
            )

            assert isinstance(reply, list)
            assert (reply[0], reply[1]) == bucket.take(charge, now=reply[2])


@given(limit=LIMITS, takings=st.lists(st.tuples(st.integers(1, 50), st.floats(0, 1)), min_size=1, max_size=30))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_the_script_takes_and_gives_back_as_the_local_limits_do(
    redis_url: str, limit: Limit, takings: list[tuple[int, float]]
) -> None:
    script, charge, now, held = read_script("gcra"), charge_of("read", limit, cost=1), 0, 0
    local = LocalLimits(now=lambda: (now + 0.5) / 1_000_000)  # which it rounds down
    async with connected(redis_url) as redis:
        await redis.run("DEL", "k")
        for wanted, share in takings:
            returned = int(held * share)
            amounts = [charge.cost_microseconds, charge.capacity_microseconds, wanted, LEFT_SHARE, returned]
            reply = await redis.script(script, ["k"], arguments=amounts)
            assert isinstance(reply, list)
            now = reply[2]

            taken = await local.take("k", charge, wanted=wanted, returned_microseconds=returned)

            assert (reply[0], reply[1], reply[3]) == (taken.used_microseconds, taken.wait_microseconds, taken.count)
            held += reply[3] * charge.cost_microseconds - returned


async def test_what_was_taken_expires_when_it_is_given_back(redis_url: str) -> None:
    async with connected(redis_url) as redis:
        await SharedLimits(redis).take("k", charge_of("read", Limit(10, per_seconds=1), cost=5))

        lives_milliseconds = await redis.run("PTTL", "k")

    assert isinstance(lives_milliseconds, int)
    assert 300 <= lives_milliseconds <= 501


async def test_a_clock_set_back_locks_nobody_out_for_longer_than_the_limit(redis_url: str) -> None:
    charge = charge_of("read", Limit(10, per_seconds=1), cost=1)
    async with connected(redis_url) as redis:
        await redis.run("SET", "k", (int(time.time()) + 86_400) * 1_000_000)

        taken = await SharedLimits(redis).take("k", charge)

    assert taken.wait_microseconds == charge.cost_microseconds


async def test_four_processes_on_one_valkey_allow_together_what_the_limit_says(redis_url: str) -> None:
    began = time.monotonic()
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.integration.taking_process", redis_url, "200", "50", "1.0",
            stdout=asyncio.subprocess.PIPE,
        )
        for _ in range(4)
    ]  # fmt: skip
    outputs = [(await process.communicate())[0] for process in processes]
    seconds = time.monotonic() - began

    assert 50 <= sum(map(int, outputs)) <= 50 + 200 * seconds


async def test_three_replicas_with_leases_allow_together_what_the_limit_says(redis_url: str) -> None:
    charge, decided = charge_of("read", Limit(2_000, burst=400), cost=1), [Recorder() for _ in range(3)]
    began = time.monotonic()

    async def flood(events: Recorder) -> int:
        async with connected(redis_url) as redis:
            mine = limiter(redis, events)
            while time.monotonic() < began + 1.0:
                await mine.take("flooded", charge)
                await asyncio.sleep(0)
        return sum(event.decision == "allowed" for event in events.of(RateLimitDecided))

    counts = await asyncio.gather(*map(flood, decided))
    seconds = time.monotonic() - began

    assert 400 <= sum(counts) <= 400 + 2_000 * (seconds + LEASE_SECONDS)


async def test_every_answer_tells_the_limit_and_what_is_left(redis_url: str, events: Recorder) -> None:
    charge = charge_of("things", Limit(100, per_seconds=60, burst=20), cost=5)
    async with connected(redis_url) as redis, limited(limiter(redis, events), charge, events=events) as caller:
        answers = [await post(caller), await post(caller), await caller("GET", "/nowhere")]

    assert [(answer.status, answer.headers["RateLimit-Policy"], answer.headers["RateLimit"]) for answer in answers] == [
        (200, '"things";q=100;w=60', '"things";r=15;t=3'),
        (200, '"things";q=100;w=60', '"things";r=10;t=6'),
        (404, '"read";q=100;w=60', '"read";r=99;t=1'),
    ]
    assert [event.decision for event in events.of(RateLimitDecided)] == ["allowed"] * 3


async def test_past_the_limit_it_is_a_429_before_the_body_is_read(redis_url: str, events: Recorder) -> None:
    charge = charge_of("things", Limit(1, per_seconds=60), cost=1)
    head = b"POST /things HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n"
    async with connected(redis_url) as redis, limited(limiter(redis, events), charge, events=events) as caller:
        await post(caller)

        answer = await caller.raw(head)  # whose body never comes
        told, _, body = answer.partition(b"\r\n\r\n")

    document = orjson.loads(body)
    assert told.startswith(b"HTTP/1.1 429 ")
    assert b"Retry-After: 60" in told
    assert b'RateLimit: "things";r=0;t=60' in told
    assert (document["type"], document["retryable"]) == ("urn:mainstay:problem:rate_limited", True)
    assert [event.decision for event in events.of(RateLimitDecided)] == ["allowed", "limited"]


async def test_each_caller_has_a_limit_of_its_own_and_no_address_is_stored(redis_url: str, events: Recorder) -> None:
    charge = charge_of("things", Limit(1, per_seconds=60), cost=1)
    async with connected(redis_url) as redis, limited(limiter(redis, events), charge, events=events) as caller:
        answers = [
            await post(caller, X_Forwarded_For="198.51.100.1, 203.0.113.7"),
            await post(caller, X_Forwarded_For="198.51.100.2, 203.0.113.7"),
            await post(caller, X_Forwarded_For="203.0.113.8"),
            await post(caller, X_Forwarded_For="203.0.113.7", X_Principal="anna"),
            await post(caller, X_Forwarded_For="203.0.113.9", X_Principal="anna"),
        ]
        keys = await redis.run("KEYS", "*")

    assert [answer.status for answer in answers] == [200, 429, 200, 200, 429]
    assert isinstance(keys, list)
    assert [
        key for key in keys if b"203.0.113" in key or b"anna" in key or not key.startswith(b"mainstay:limit:")
    ] == []


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """Requests before, during and after it."""

    caller: Caller
    events: Recorder
    pid: int

    async def seconds(self) -> float:
        """How long one request takes, which is answered whatever happens."""
        began = time.monotonic()
        assert (await post(self.caller)).status == 200
        return time.monotonic() - began

    async def decided(self, decision: str) -> None:
        """Ask until it is decided so."""
        async with asyncio.timeout(15):
            while True:
                await self.seconds()
                if self.events.of(RateLimitDecided)[-1].decision == decision:
                    return
                await asyncio.sleep(0.02)


@pytest.fixture
async def outage(data_dir: Path, events: Recorder) -> AsyncIterator[Outage]:
    charge = charge_of("things", Limit(100_000, per_seconds=1), cost=1)
    async with (
        EmbeddedStorage(data_dir, observe=events, postgres=False) as endpoints,
        connected(endpoints.redis_url, RedisPolicy()) as redis,
        limited(limiter(redis, events), charge, events=events) as caller,
    ):
        yield Outage(caller=caller, events=events, pid=events.of(EmbeddedStarted)[0].pid)


async def test_a_valkey_that_hangs_costs_one_short_timeout_and_is_used_again_when_it_wakes(outage: Outage) -> None:
    await outage.decided("allowed")
    os.kill(outage.pid, signal.SIGSTOP)
    try:
        first = await asyncio.gather(*(outage.seconds() for _ in range(10)))
        then = [await outage.seconds() for _ in range(50)]
    finally:
        os.kill(outage.pid, signal.SIGCONT)
    await outage.decided("allowed")

    assert max(first) < 0.4
    assert sorted(then)[45] < 0.05
    assert {event.decision for event in outage.events.of(RateLimitDecided)} == {"allowed", "allowed_degraded"}


async def test_a_valkey_that_dies_is_used_again_when_it_is_back(outage: Outage) -> None:
    await outage.decided("allowed")
    os.kill(outage.pid, signal.SIGKILL)
    await outage.decided("allowed_degraded")

    await outage.decided("allowed")


async def test_a_full_or_read_only_valkey_is_done_without(redis_url: str, events: Recorder) -> None:
    charge = charge_of("things", Limit(100, per_seconds=1), cost=1)
    async with connected(redis_url) as redis:
        await redis.run("CONFIG SET", "maxmemory", 1)
        try:
            full = await limiter(redis, events).take("k", charge)
        finally:
            await redis.run("CONFIG SET", "maxmemory", 0)
        await redis.run("REPLICAOF", "127.0.0.1", 1)
        try:
            read_only = await limiter(redis, events).take("k", charge)
        finally:
            await redis.run("REPLICAOF", "NO", "ONE")

    assert (full.is_allowed, read_only.is_allowed) == (True, True)
    assert [event.decision for event in events.of(RateLimitDecided)] == ["allowed_degraded"] * 2
