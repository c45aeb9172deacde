"""Somebody who tries to get in: guesses keys and passwords, steals a session, wants what staff may."""

import asyncio
from http import HTTPStatus
from itertools import count

from tests.acceptance.http_pages import Answer, Api, api
from tests.proof.shops import Shop

_GUESSES, _AT_ONCE = 160, 40
"""Keys from one address: past a hundred it is not heard any more."""

_PASSWORDS = 12
"""For one account, of which ten are tried."""

_HOME = "203.0.113.7"
_numbers = count()


async def intrude(shop: Shop) -> None:
    """Once, in a second or two."""
    async with api(shop.url) as call:
        await _steal(call, f"guest-{next(_numbers)}@example.org", "difference engine no. 2")
        for guess in range(_PASSWORDS):
            await _identity(call, "sign-in", name="owner@example.org", password=f"analytical engine no. {guess}")
    await _insist_on_keys(shop)


async def _steal(call: Api, name: str, password: str) -> None:
    """Use the first renewal of a session when there has been a third, and its token for what it does not allow."""
    await _identity(call, "sign-up", name=name, password=password)
    signed_in = await _identity(call, "sign-in", name=name, password=password)
    assert signed_in.status == HTTPStatus.OK, signed_in.body
    await call("POST", "/products", {}, Authorization=f"Bearer {signed_in.body['access_token']}")
    stolen = token = signed_in.body["refresh_token"]
    for _ in range(2):
        token = (await _identity(call, "refresh", refresh_token=token)).body["refresh_token"]
    await _identity(call, "refresh", refresh_token=stolen)


async def _identity(call: Api, operation: str, **body: str) -> Answer:
    return await call("POST", f"/identity/{operation}", body)


async def _insist_on_keys(shop: Shop) -> None:
    for number in range(_GUESSES // _AT_ONCE):
        guesses = (
            shop.ask("/orders", headers={"Authorization": f"Bearer wrong-{number}-{guess}", "X-Forwarded-For": _HOME})
            for guess in range(_AT_ONCE)
        )
        await asyncio.gather(*guesses)
