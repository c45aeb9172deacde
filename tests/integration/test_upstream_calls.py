"""What a handler says to an upstream and gets from it, over real HTTP."""

from decimal import Decimal
from uuid import UUID

import pytest
from pydantic import BaseModel

from middleware.deadlines import DEADLINE
from middleware.errors import BadGateway, UpstreamFailed, UpstreamRefused
from server.fake_upstream import json_answer, status
from server.upstreams.answer import Answer
from tests.integration.upstream_world import world

ORDER = UUID("0197f3f5-6d2c-7c3a-9f4e-2b8f0f3f1c5a")


class Charge(BaseModel):
    order_id: UUID
    amount: Decimal


class Receipt(BaseModel):
    id: str
    amount: Decimal


CHARGE = Charge(order_id=ORDER, amount=Decimal("9.50"))
RECEIPT = Receipt(id="ch_1", amount=Decimal("9.50"))


async def test_a_model_goes_out_and_a_model_comes_in() -> None:
    async with world() as it:
        it.fake.answers("POST", "/v1/charges", json_answer(RECEIPT, status=201))

        receipt = await it.payments.post("/charges", json=CHARGE, expects=Receipt)

        (sent,) = it.fake.received
        assert receipt == RECEIPT
        assert (sent.json, sent.headers["Content-Type"]) == (
            {"order_id": str(ORDER), "amount": "9.50"},
            "application/json",
        )
        assert it.ends == [("write", "ok", "")]


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
async def test_every_method_has_its_word(method: str) -> None:
    async with world() as it:
        it.fake.answers(method.upper(), "/v1/charges/1", json_answer([RECEIPT]))

        found = await getattr(it.payments, method)("/charges/1", expects=list[Receipt])

        assert (found, it.asked) == ([RECEIPT], [(method.upper(), "/v1/charges/1")])


async def test_an_answer_can_be_had_as_it_is() -> None:
    async with world() as it:
        it.fake.answers("GET", "/v1/logo", status(203, headers={"X-Kind": "png"}, body=b"\x89PNG"))
        it.fake.answers("HEAD", "/v1/logo", status(204))

        answer = await it.payments.get("/logo", expects=Answer)
        head = await it.payments.call("HEAD", "/logo", expects=Answer)

        assert (answer.status, answer.headers["X-Kind"], answer.body) == (203, "png", b"\x89PNG")
        assert (head.status, head.body) == (204, b"")
        assert await it.payments.get("/logo", expects=bytes) == b"\x89PNG"


async def test_the_trace_the_request_and_the_time_left_go_out_with_a_call() -> None:
    async with world(attempt_timeout_seconds=3.0) as it:
        it.fake.answers("GET", "/v1/charges", status(503), json_answer([]))

        await it.payments.get("/charges", expects=list[Receipt])

        first, second = (one.headers for one in it.fake.received)
        trace, span = first["traceparent"][3:35], first["traceparent"][36:52]
        assert (trace, first["traceparent"][-3:]) == ("4bf92f3577b34da6a3ce929d0e0e4736", "-01")
        assert span not in {"00f067aa0ba902b7", second["traceparent"][36:52]}
        assert {first["X-Request-ID"], second["X-Request-ID"]} == {"order-7"}
        assert 2.0 < float(first["Request-Timeout"]) <= 3.0


async def test_what_is_left_of_the_deadline_is_what_an_upstream_is_given() -> None:
    async with world() as it:
        it.fake.answers("GET", "/v1/charges", json_answer([]))
        token = DEADLINE.set(it.senses.clock.now() + 1.5)
        try:
            await it.payments.get("/charges", expects=list[Receipt])
        finally:
            DEADLINE.reset(token)

        assert 0.5 < float(it.fake.received[0].headers["Request-Timeout"]) <= 1.5


async def test_a_key_a_token_and_headers_of_one_s_own_go_out() -> None:
    async with world(token="s3cret") as it:  # noqa: S106 - a made-up one
        it.fake.answers("POST", "/v1/charges", status(204))

        await it.payments.post(
            "/charges", data=b"a,b", headers={"Content-Type": "text/csv"}, idempotency_key="order-7", expects=bytes
        )

        (sent,) = it.fake.received
        assert (sent.body, sent.headers["Content-Type"]) == (b"a,b", "text/csv")
        assert (sent.headers["Idempotency-Key"], sent.headers["Authorization"]) == ("order-7", "Bearer s3cret")
        assert sent.headers["Accept-Encoding"] == "identity"


async def test_nothing_of_one_answer_reaches_the_next_call() -> None:
    async with world() as it:
        it.fake.answers("GET", "/v1/a", status(200, headers={"Set-Cookie": "session=1; Path=/"}))

        await it.payments.get("/a", expects=bytes)
        await it.payments.get("/a", expects=bytes)

        assert ["Cookie" in one.headers for one in it.fake.received] == [False, False]


async def test_a_refusal_has_its_status_and_the_beginning_of_its_body() -> None:
    async with world(refusal_bytes=100) as it:
        it.fake.answers("POST", "/v1/charges", status(402, body=b"declined"), status(404, body=b"x" * 5_000_000))

        with pytest.raises(UpstreamRefused) as declined:
            await it.payments.post("/charges", json=CHARGE, expects=Receipt)
        with pytest.raises(UpstreamRefused) as missing:
            await it.payments.post("/charges", json=CHARGE, expects=Receipt)

        assert (declined.value.status, declined.value.body) == (402, b"declined")
        assert (missing.value.status, missing.value.body) == (404, b"x" * 100)
        assert it.ends == [("write", "error", "upstream_refused")] * 2


async def test_a_500_is_told_as_it_is_and_not_repeated() -> None:
    async with world() as it:
        it.fake.answers("GET", "/v1/charges", status(500, body=b"stack trace"))

        with pytest.raises(UpstreamFailed) as failed:
            await it.payments.get("/charges", expects=Receipt)

        assert (failed.value.status, failed.value.body, len(it.asked)) == (500, b"stack trace", 1)
        assert b"stack trace" not in f"{failed.value}".encode()


@pytest.mark.parametrize("body", [b"<html>", b'{"id": 1}', b"", b"[" * 100_000, b'{"id": "\xff", "amount": "1"}'])
async def test_nonsense_is_a_bad_gateway(body: bytes) -> None:
    async with world() as it:
        it.fake.answers("GET", "/v1/charges", status(200, body=body))

        with pytest.raises(BadGateway, match="something else than agreed"):
            await it.payments.get("/charges", expects=Receipt)

        assert (it.ends, len(it.asked)) == ([("read", "error", "bad_gateway")], 1)


async def test_a_redirection_is_followed_nowhere() -> None:
    async with world() as it, world() as elsewhere:
        away = f"{elsewhere.fake.url}/secret"
        it.fake.answers("GET", "/v1/charges", status(302, headers={"Location": away}))

        with pytest.raises(UpstreamRefused) as refused:
            await it.payments.get("/charges", expects=Receipt)

        assert (refused.value.status, elsewhere.asked) == (302, [])
