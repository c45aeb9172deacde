"""The deadline of a request whose Postgres does not answer."""

import asyncio
from collections.abc import Awaitable, Callable

from telemetry.events import DependencyCalled, RequestFinished
from tests.integration.locked_tables import locked, until_waiting
from tests.integration.rest_client import Client, Reply


async def test_a_caller_gets_its_504_in_time_while_a_table_is_locked(warehouse: Client) -> None:
    with locked(warehouse.dsn, "maker", mode="ACCESS EXCLUSIVE"):
        reply = await warehouse.get("/makers?limit=1", Request_Timeout="0.3")

    (told,) = warehouse.events.of(RequestFinished)
    (called,) = warehouse.events.of(DependencyCalled)
    assert (called.operation, called.outcome) == ("list", "timeout")
    assert (reply.status, reply.json["type"], reply.json["retryable"]) == (504, "urn:mainstay:problem:timeout", True)
    assert 0.3 <= told.duration_seconds < 0.6


async def test_what_a_caller_no_longer_waits_for_does_not_go_on_in_postgres(warehouse: Client) -> None:
    with locked(warehouse.dsn, "maker", mode="ACCESS EXCLUSIVE"):
        late = asyncio.create_task(warehouse.get("/makers?limit=1", Request_Timeout="0.5"))
        await until_waiting(warehouse.dsn, 1, within_seconds=0.5)

        reply = await late

        await until_waiting(warehouse.dsn, 0, within_seconds=0.3)
    assert reply.status == 504


async def test_after_a_deadline_the_next_request_is_answered(warehouse: Client) -> None:
    with locked(warehouse.dsn, "maker", mode="ACCESS EXCLUSIVE"):
        late = await warehouse.get("/makers?limit=1", Request_Timeout="0.2")

    again = await warehouse.get("/makers?limit=1")

    assert (late.status, again.status) == (504, 200)


async def until(ask_once: Callable[[], Awaitable[Reply]], *, told: Callable[[Reply], bool]) -> Reply:
    """Ask until the answer is as hoped for, for 10 s at most, and no faster than the limit bears."""
    async with asyncio.timeout(10):
        while True:
            if told(reply := await ask_once()):
                return reply
            await asyncio.sleep(0.01)


async def test_a_write_that_was_sent_is_finished_after_its_callers_504(warehouse: Client) -> None:
    with locked(warehouse.dsn, "maker"):
        late = await warehouse.send("POST", "/makers", json={"name": "late"}, headers={"Request-Timeout": "0.3"})

    listed = await until(lambda: warehouse.get("/makers"), told=lambda reply: bool(reply.json["items"]))
    assert (late.status, [maker["name"] for maker in listed.json["items"]]) == (504, ["late"])
    assert (late.json["retryable"], "Idempotency-Key" in late.json["detail"]) == (False, True)


async def test_a_write_that_was_finished_after_its_callers_504_is_answered_when_its_key_comes_again(
    warehouse: Client,
) -> None:
    keyed = {"Idempotency-Key": "7f3d"}
    with locked(warehouse.dsn, "maker"):
        late = await warehouse.send(
            "POST", "/makers", json={"name": "late"}, headers={"Request-Timeout": "0.3", **keyed}
        )

    listed = await until(lambda: warehouse.get("/makers"), told=lambda reply: bool(reply.json["items"]))
    again = await warehouse.send("POST", "/makers", json={"name": "late"}, headers=keyed)

    assert (late.status, again.status, again.headers["Idempotent-Replayed"]) == (504, 201, "true")
    assert late.json["retryable"] is True
    assert listed.json["items"] == [again.json]


async def test_a_route_called_with_a_key_is_undone_whole_at_its_callers_504(warehouse: Client) -> None:
    keyed = {"Idempotency-Key": "7f3d"}
    thing = await warehouse.made("/things", name="one", stock=5)
    path, sale = f"/things/{thing['id']}/sell", {"quantity": 2, "paid": "1", "note": "shop"}
    with locked(warehouse.dsn, "maker"):
        late = await warehouse.send("POST", path, json=sale, headers={"Request-Timeout": "0.3", **keyed})

    again = await until(
        lambda: warehouse.send("POST", path, json=sale, headers=keyed), told=lambda reply: reply.status != 409
    )

    assert (late.status, again.status, again.json["thing"]["stock"]) == (504, 201, 3)
    assert "Idempotent-Replayed" not in again.headers
