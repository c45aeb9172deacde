"""What HAProxy, configured as shipped, makes of requests: what it sends again, says of the caller, answers itself."""

import re
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import aiohttp
import pytest

from tests.acceptance.balancer import Balancer, balancer
from tests.acceptance.toy_replicas import ToyReplicas, toy_replicas

_NEW_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@pytest.fixture(scope="module")
async def toys() -> AsyncIterator[ToyReplicas]:
    async with toy_replicas() as running:
        yield running


@pytest.fixture(scope="module")
async def haproxy(toys: ToyReplicas, fast_folder: Path) -> AsyncIterator[Balancer]:
    async with balancer(fast_folder, toys.variables) as running:
        yield running


async def status(haproxy: Balancer, method: str, headers: Mapping[str, str]) -> int:
    """What a caller without a connection is told; anew, as HAProxy closes one whose later request was lost."""
    async with (
        aiohttp.ClientSession(haproxy.base_url) as session,
        session.request(method, "/things/1", headers=headers, data=b"{}") as answer,
    ):
        return answer.status


KEY = {"Idempotency-Key": "8e03978e"}
MATCH = {"If-Match": '"1"'}


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("GET", {}),
        ("HEAD", {}),
        ("OPTIONS", {}),
        ("GET", {"If-None-Match": '"1"'}),
        ("PUT", {}),
        ("DELETE", {}),
        ("POST", KEY),
        ("PATCH", KEY),
        ("PATCH", KEY | MATCH),
    ],
)
async def test_a_lost_request_that_does_no_harm_twice_is_sent_to_another_replica(
    haproxy: Balancer, toys: ToyReplicas, method: str, headers: Mapping[str, str]
) -> None:
    toys.heard.clear()
    toys.losing = 1

    told = await status(haproxy, method, headers)

    assert (told, len(toys.heard)) == (200, 2)


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("POST", {}),
        ("PATCH", {}),
        ("PATCH", MATCH),
        ("PUT", MATCH),
        ("DELETE", MATCH),
        ("PUT", {"If-None-Match": "*"}),
        ("PUT", KEY | MATCH),
    ],
)
async def test_a_lost_request_that_may_have_been_done_is_not_sent_again(
    haproxy: Balancer, toys: ToyReplicas, method: str, headers: Mapping[str, str]
) -> None:
    toys.heard.clear()
    toys.losing = 1

    told = await status(haproxy, method, headers)

    assert (told, len(toys.heard)) == (502, 1)


async def test_whoever_lost_a_write_is_told_that_it_may_have_been_done(haproxy: Balancer, toys: ToyReplicas) -> None:
    toys.losing = 1

    async with (
        aiohttp.ClientSession(haproxy.base_url) as session,
        session.post("/things", headers={"X-Request-ID": "lost-1"}) as answer,
    ):
        problem = await answer.json()

    assert answer.content_type == "application/problem+json"
    assert answer.headers["X-Request-ID"] == "lost-1"
    assert problem == {
        "type": "urn:mainstay:problem:outcome_unknown",
        "title": "It may or may not have been done",
        "status": 502,
        "detail": "The replica was lost before it answered. Look whether it was done before you send it again; "
        "with an Idempotency-Key it could just be sent again.",
        "request_id": "lost-1",
        "retryable": False,
    }


async def test_a_replica_is_told_who_calls_and_under_which_id(haproxy: Balancer, toys: ToyReplicas) -> None:
    toys.heard.clear()
    async with aiohttp.ClientSession(haproxy.base_url) as session:
        await session.get("/", headers={"X-Forwarded-For": "203.0.113.7", "X-Request-ID": "mine"})
        await session.get("/", headers={"X-Request-ID": 'no"id', "X-Forwarded-Proto": "https"})

    named, unnamed = toys.heard
    assert named["x-request-id"] == "mine"
    assert _NEW_ID.fullmatch(unnamed["x-request-id"])
    assert (unnamed["x-forwarded-for"], unnamed["x-forwarded-proto"]) == ("127.0.0.1", "http")


async def test_where_no_replica_is_left_the_balancer_says_so_as_a_problem(fast_folder: Path) -> None:
    async with toy_replicas(()) as none, balancer(fast_folder, none.variables) as haproxy:
        await haproxy.until(lambda found: not any(one.is_up for one in found.values()))
        async with aiohttp.ClientSession(haproxy.base_url) as session, session.get("/") as answer:
            problem = await answer.json()

    assert (answer.status, answer.content_type, answer.headers["Retry-After"]) == (503, "application/problem+json", "2")
    assert problem["request_id"] == answer.headers["X-Request-ID"]
    assert (problem["type"], problem["retryable"]) == ("urn:mainstay:problem:unavailable", True)


async def test_where_all_checks_fail_and_replicas_answer_all_the_same_they_are_asked(fast_folder: Path) -> None:
    async with toy_replicas() as toys, balancer(fast_folder, toys.variables) as haproxy:
        toys.are_ready = False
        await haproxy.until(lambda found: not any(one.is_up for one in found.values()))

        told = await status(haproxy, "POST", {})

    assert told == 200


async def test_prometheus_is_told_of_each_replica(haproxy: Balancer) -> None:
    text = await haproxy.metrics()

    for name in ("shop-1", "shop-2", "shop-3"):
        assert f'haproxy_server_status{{proxy="replicas",server="{name}",state="UP"}} 1' in text
        assert f'haproxy_server_weight{{proxy="replicas",server="{name}"}} 100' in text
