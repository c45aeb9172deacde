"""A payments service to play with: takes any card but one, forgets everything when it stops, fails when told to.

    python examples/shop/payments_sandbox.py     # --help tells the rest

`make run` starts it beside the shop and it goes when the shop goes. Break it on purpose, and mend it:

    curl -X PUT localhost:8090/mood -d '{"failing": 0.8}'        # of ten calls eight get a 503
    curl -X PUT localhost:8090/mood -d '{"delay_seconds": 5}'    # every answer comes so late
    curl -X PUT localhost:8090/mood -d '{}'
"""

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from aiohttp import web
from pydantic import BaseModel, Field, ValidationError

HOST, PORT = "127.0.0.1", 8090
DECLINED = "4000-0000-0000-0002"
KEEPALIVE_SECONDS = 75.0
CHARGES_AT_MOST = 10_000
PARENT_WATCHED_EVERY_SECONDS = 0.2

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Charge(BaseModel):
    """Take so much from this card, for this order."""

    order_id: UUID
    amount: Annotated[Decimal, Field(gt=0)]
    card: str


class Receipt(BaseModel):
    """What was taken."""

    id: str
    amount: Decimal


class Mood(BaseModel):
    """How it behaves: which share of calls fails, spread evenly, and how long each takes."""

    failing: Annotated[float, Field(ge=0, le=1)] = 0.0
    delay_seconds: Annotated[float, Field(ge=0, le=60)] = 0.0


class Till:
    """The charges of this process, by the key they were made with; the oldest are forgotten first."""

    def __init__(self) -> None:
        self.mood = Mood()
        self._calls = 0
        self._charges: dict[str, tuple[Charge, Receipt]] = {}
        self._number = 0

    async def charge(self, request: web.Request) -> web.Response:
        """Take the money, once for each Idempotency-Key."""
        wanted = Charge.model_validate_json(await request.read())
        key = request.headers.get("Idempotency-Key", "")
        known = self._charges.get(key)
        if known is not None:
            same = known[0] == wanted
            return answer(known[1]) if same else refusal(409, "this key was used for another charge")
        if wanted.card == DECLINED:
            return refusal(402, "the card was declined")
        self._number += 1
        receipt = Receipt(id=f"ch_{self._number}", amount=wanted.amount)
        self._charges[key or receipt.id] = wanted, receipt
        if len(self._charges) > CHARGES_AT_MOST:
            del self._charges[next(iter(self._charges))]
        return answer(receipt, status=201)

    async def show(self, _request: web.Request) -> web.Response:
        """All that was charged."""
        return web.json_response([receipt.model_dump(mode="json") for _, receipt in self._charges.values()])

    async def set_mood(self, request: web.Request) -> web.Response:
        """Behave otherwise from now on."""
        self._calls = 0
        self.mood = Mood.model_validate_json(await request.read())
        return answer(self.mood)

    def fails_next(self) -> bool:
        """Count a call, and say whether it is one of those to fail: of ten, with a share of 0.8, eight."""
        before = int(self._calls * self.mood.failing)
        self._calls += 1
        return int(self._calls * self.mood.failing) > before


def answer(value: BaseModel, *, status: int = 200) -> web.Response:
    return web.Response(text=value.model_dump_json(), status=status, content_type="application/json")


def refusal(status: int, reason: str) -> web.Response:
    return web.json_response({"reason": reason}, status=status)


def payments(till: Till) -> web.Application:
    """The application; `/mood` itself is never in a mood."""

    @web.middleware
    async def moody(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path != "/mood":
            await request.read()  # now: whoever calls may have left when the wait is over
            await asyncio.sleep(till.mood.delay_seconds)
            if till.fails_next():
                return refusal(503, "not now")
        try:
            return await handler(request)
        except ValidationError as error:
            return refusal(422, str(error))

    app = web.Application(middlewares=[moody])
    app.router.add_post("/charges", till.charge)
    app.router.add_get("/charges", till.show)
    app.router.add_put("/mood", till.set_mood)
    return app


async def serve(host: str, port: int, *, parent: int | None) -> None:
    """Serve until told to stop; with a parent, until that has gone: Ctrl-C is for the parent, which may still call."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    loop.add_signal_handler(signal.SIGINT, stop.set if parent is None else lambda: None)
    runner = web.AppRunner(payments(Till()), keepalive_timeout=KEEPALIVE_SECONDS, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        print(f"  payments sandbox  http://{host}:{runner.addresses[0][1]}", flush=True)  # noqa: T201 - it is a command
        while not stop.is_set() and parent in (None, os.getppid()):
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), PARENT_WATCHED_EVERY_SECONDS)
    finally:
        await runner.cleanup()


def main() -> int:
    """Read the command line and serve; the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--host", default=HOST)
    parser.add_argument("--port", type=int, default=PORT)
    parser.add_argument("--parent", type=int, metavar="PID", help="go when this process goes, which has started it")
    told = parser.parse_args()
    try:
        asyncio.run(serve(told.host, told.port, parent=told.parent))
    except OSError as error:
        place = f"{told.host}:{told.port}"
        sys.stderr.write(
            f"payments sandbox: cannot listen on {place} ({error.strerror}); set PAYMENTS_PORT to a free port\n"
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
