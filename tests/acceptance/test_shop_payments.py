"""Paying in the example shop: its upstream, played by the sandbox, in good days and in bad ones."""

import asyncio
import os
import re
import signal
import socket
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.http_pages import Answer, Api, api
from tests.acceptance.payments_program import SHOP, command_of_make_run, sandbox
from tests.acceptance.service_process import key, kill_all, service
from tests.integration.processes import until
from tests.ports import free_port
from tests.source_tree import PROJECT

CARD, DECLINED = "4000-0000-0000-0077", "4000-0000-0000-0002"
ADDRESS = {"street": "Hill Road 1", "city": "Bern"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """The shop, who buys there, and the payments behind it."""

    api: Api
    ada: str = ""
    admin: Api
    payments: Api

    async def order(self) -> dict[str, Any]:
        """Buy something that there is."""
        found = (await self.api("GET", "/products?limit=200&available=true")).body["items"]
        product = max(found, key=lambda one: int(one["stock"]))
        lines = [{"sku": product["sku"]}]
        basket = {"email": "ada@example.org", "name": "Ada", "ship_to": ADDRESS, "lines": lines}
        made = await self.api("POST", "/checkout", basket, Authorization=self.ada)
        assert made.status == 201, made.body
        return dict(made.body)

    async def pay(self, order: dict[str, Any], card: str = CARD, **headers: str) -> Answer:
        return await self.api(
            "POST", f"/orders/{order['id']}/pay", {"card": card}, **{"Authorization": self.ada, **headers}
        )

    async def mood(self, **mood: float) -> None:
        assert (await self.payments("PUT", "/mood", mood)).status == 200

    async def taken(self) -> list[str]:
        """The amounts that were charged."""
        return [receipt["amount"] for receipt in (await self.payments("GET", "/charges")).body]

    async def samples(self, pattern: str) -> set[str]:
        """The metrics' lines that match."""
        async with self.admin.session.get("/metrics") as metrics:
            return {line for line in (await metrics.text()).splitlines() if re.match(pattern, line)}


@pytest.fixture(scope="module")
async def shop(fast_folder: Path) -> AsyncIterator[Shop]:
    async with sandbox() as (payments, url, _process):
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("PAYMENTS_URL", url)
            async with (
                service(SHOP / "service.py", fast_folder / "paying", "--seed", str(SHOP / "data")) as running,
                api(running.base_url) as calls,
                api(running.admin_url) as admin,
            ):
                ada = f"Bearer {await key(fast_folder / 'paying', 'ada')}"
                yield Shop(api=calls, ada=ada, admin=admin, payments=payments)


@pytest.fixture(autouse=True)
async def good_mood(shop: Shop) -> AsyncIterator[None]:
    yield
    await shop.mood()


async def test_an_order_is_paid_once(shop: Shop) -> None:
    order, before = await shop.order(), await shop.taken()

    paid, again = await shop.pay(order), await shop.pay(order)

    assert (paid.status, paid.body["status"]) == (200, "paid")
    assert (again.status, again.body["detail"]) == (409, "This order is paid.")
    assert await shop.taken() == [*before, order["total"]]


async def test_nobody_else_sees_or_pays_an_order(shop: Shop, fast_folder: Path) -> None:
    order, before = await shop.order(), await shop.taken()
    others = {"Bob": f"Bearer {await key(fast_folder / 'paying', 'bob')}", "nobody": "Bearer nothing"}

    seen = {name: await shop.api("GET", f"/orders/{order['id']}", Authorization=who) for name, who in others.items()}
    paid = {name: await shop.pay(order, Authorization=who) for name, who in others.items()}

    assert [[seen[name].status, paid[name].status] for name in others] == [[404, 404], [401, 401]]
    assert not re.search("Hill Road|Bern", str((seen, paid)))
    assert await shop.taken() == before


async def test_an_order_that_costs_nothing_is_not_paid(shop: Shop, fast_folder: Path) -> None:
    order, before = await shop.order(), await shop.taken()
    staff = f"Bearer {await key(fast_folder / 'paying', 'sue', '--role', 'staff')}"
    given = await shop.api("PATCH", f"/orders/{order['id']}", {"total": "0.00"}, Authorization=staff)

    paid = await shop.pay(order)

    assert (given.status, paid.status) == (200, 409)
    assert paid.body["detail"] == "There is nothing to pay for this order."
    assert await shop.taken() == before


async def test_a_declined_card_leaves_the_order_open(shop: Shop) -> None:
    order = await shop.order()

    declined, paid = await shop.pay(order, DECLINED), await shop.pay(order)

    assert (declined.status, declined.body["detail"]) == (402, "The card was declined.")
    assert (paid.status, paid.body["status"]) == (200, "paid")


async def test_an_outage_is_a_503_that_tells_nothing_of_who_is_out(shop: Shop) -> None:
    order, before = await shop.order(), await shop.taken()

    await shop.mood(failing=1)
    refused = await shop.pay(order)
    await shop.mood()
    paid = await until_paid(shop, order)

    assert (refused.status, refused.body["type"], refused.body["retryable"]) == (
        503,
        "urn:mainstay:problem:unavailable",
        True,
    )
    assert not re.search("payment|charge|not now|127.0.0.1", str(refused.body))
    assert (paid.body["status"], await shop.taken()) == ("paid", [*before, order["total"]])


async def test_a_key_is_worth_another_try_after_an_outage_and_its_answer_after_that(shop: Shop) -> None:
    order, before = await shop.order(), await shop.taken()

    await shop.mood(failing=1)
    refused = await shop.pay(order, Idempotency_Key="pay-once")
    await shop.mood()
    paid = await until_paid(shop, order, Idempotency_Key="pay-once")
    again = await shop.pay(order, Idempotency_Key="pay-once")

    assert (refused.status, paid.body["status"], again) == (503, "paid", paid)
    assert await shop.taken() == [*before, order["total"]]


async def test_a_slow_upstream_takes_no_longer_than_the_caller_allows(shop: Shop) -> None:
    order, before = await shop.order(), await shop.taken()

    await shop.mood(delay_seconds=30)
    late = await shop.pay(order, Request_Timeout="0.3")
    await shop.mood()
    paid = await until_paid(shop, order)

    assert (late.status, late.body["type"]) == (504, "urn:mainstay:problem:timeout")
    assert (paid.body["status"], await shop.taken()) == ("paid", [*before, order["total"]])


async def test_what_is_seen_of_an_upstream_was_there_before_its_first_call(fast_folder: Path) -> None:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("PAYMENTS_URL", "http://127.0.0.1:1")
        async with (
            service(SHOP / "service.py", fast_folder / "unseen") as running,
            api(running.base_url) as calls,
            api(running.admin_url) as admin,
        ):
            shop = Shop(api=calls, admin=admin, payments=calls)
            seen = await shop.samples(r'(dependency_up|circuit|retries|bulkhead).*"payments')
            breakers = (await admin("GET", "/breakers")).body["breakers"]
            ready = (await admin("GET", "/readyz")).status

    assert seen >= {
        'dependency_up{dependency="payments"} 1.0',
        'circuit_breaker_state{name="payments.writes",state="closed"} 1.0',
        'circuit_breaker_state{name="payments.reads",state="open"} 0.0',
        'retries_total{outcome="ok",target="payments.writes"} 0.0',
        'bulkhead_rejections_total{name="payments.reads"} 0.0',
    }
    assert {name: state for name, state in breakers.items() if name.startswith("payments")} == {
        "payments.reads": "closed",
        "payments.writes": "closed",
    }
    assert ready == 200


async def test_calls_are_measured_and_a_held_breaker_refuses_them(shop: Shop) -> None:
    await shop.pay(await shop.order())
    measured = await shop.samples(r'dependency_call_duration_seconds_count.*"payments".*"ok"')

    await shop.admin("PUT", "/breakers/payments.writes", {"state": "forced_open"})
    refused = await shop.pay(await shop.order())
    await shop.admin("PUT", "/breakers/payments.writes", {"state": "auto"})

    assert (refused.status, [float(line.split()[-1]) > 0 for line in sorted(measured)]) == (503, [False, True])
    assert await shop.samples("dependency_up.*payments") == {'dependency_up{dependency="payments"} 0.0'}


async def until_paid(shop: Shop, order: dict[str, Any], **headers: str) -> Answer:
    """Pay again until the breaker lets it through; it opens for a second at most."""
    async with asyncio.timeout(20):
        while True:
            answer = await shop.pay(order, **headers)
            if answer.status == 200:
                return answer
            await asyncio.sleep(0.25)


@asynccontextmanager
async def made_run(folder: Path, port: int) -> AsyncIterator[tuple[Process, str]]:
    """What `make run` starts, in a session of its own as a terminal would have it: its process, the shop's address."""
    line = command_of_make_run(PAYMENTS_PORT=str(port))
    environment = {name: value for name, value in os.environ.items() if name != "PAYMENTS_URL"}
    environment |= {"MAINSTAY_PORT": "0", "MAINSTAY_ADMIN_PORT": "0", "MAINSTAY_DATA_DIR": str(folder)}
    process = await asyncio.create_subprocess_exec(
        "/bin/sh", "-c", line, cwd=PROJECT, env=environment, stdout=PIPE, stderr=DEVNULL, start_new_session=True
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(60):
            async for told in process.stdout:
                found = re.match(rb"  API +(http://\S+)", told)
                if found:
                    yield process, found[1].decode()
                    break
    finally:
        await kill_all(process, folder)


def listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
        return True
    return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
async def test_make_run_brings_payments_and_takes_them_away_however_it_ends(data_dir: Path, number: int) -> None:
    port = free_port()
    async with made_run(data_dir, port) as (process, url):
        async with api(url) as calls, api(f"http://127.0.0.1:{port}") as payments:
            ada = f"Bearer {await key(data_dir, 'ada')}"
            shop = Shop(api=calls, ada=ada, admin=calls, payments=payments)
            paid = await shop.pay(await shop.order())
        os.killpg(process.pid, number) if number == signal.SIGINT else os.kill(process.pid, number)
        await process.wait()

    await until(lambda: not listens(port))
    assert (paid.status, paid.body["status"]) == (200, "paid")


async def test_the_sandbox_goes_at_once_where_its_parent_has_gone_already() -> None:
    async with sandbox("--parent", "1") as (_payments, _url, process):
        async with asyncio.timeout(20):
            assert await process.wait() == 0


async def test_the_sandbox_takes_once_for_each_key_and_says_what_it_will_not_take() -> None:
    charge = {"order_id": "0197f3f5-6d2c-7c3a-9f4e-2b8f0f3f1c5a", "amount": "9.50", "card": CARD}
    async with sandbox() as (payments, _url, _process):
        answers = [
            await payments("POST", "/charges", charge, Idempotency_Key="a"),
            await payments("POST", "/charges", charge, Idempotency_Key="a"),
            await payments("POST", "/charges", {**charge, "amount": "1"}, Idempotency_Key="a"),
            await payments("POST", "/charges", {**charge, "card": DECLINED}),
            await payments("POST", "/charges", {}),
        ]
        taken = (await payments("GET", "/charges")).body

    assert [answer.status for answer in answers] == [201, 200, 409, 402, 422]
    assert (answers[0].body, taken) == (answers[1].body, [answers[0].body])
