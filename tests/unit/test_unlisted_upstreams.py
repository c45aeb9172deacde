"""A handler may call the upstreams that its service lists; another is told of before anybody asks."""

import pytest
from aiohttp import web

from server import SIGNED_IN, Route, Service, Upstream, upstream
from server.declaration import checked
from storage.mistakes import Misdeclared

payments = Upstream("payments", base_url_env="PAYMENTS_URL")
parcels = Upstream("parcels", base_url_env="PARCELS_URL")


async def pay(request: web.Request) -> None:
    """Calls both, one of them from within a function."""

    async def send() -> None:
        await upstream(request, parcels).post("/parcels", expects=bytes)

    await upstream(request, payments).post("/charges", expects=bytes)
    await send()


def declared(*upstreams: Upstream) -> Service:
    return Service(name="shop", routes=[Route("POST", "/pay", pay, access=SIGNED_IN)], upstreams=upstreams)


def test_what_a_handler_calls_and_nobody_lists_is_a_mistake_of_its_route() -> None:
    with pytest.raises(Misdeclared) as raised:
        checked(declared(payments))

    assert [(one.where, one.detail) for one in raised.value.mistakes] == [
        (
            "Route(POST /pay)",
            "its handler names parcels, which the service does not list: upstreams=[parcels, …]",
        )
    ]


def test_what_is_listed_is_none() -> None:
    assert checked(declared(payments, parcels)).service == declared(payments, parcels)
