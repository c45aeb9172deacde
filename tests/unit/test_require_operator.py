"""Who may change anything on the admin port."""

import asyncio
import secrets

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from middleware.errors import Forbidden, Unauthenticated
from middleware.inbound.require_operator import is_loopback, require_operator

TOKEN = secrets.token_urlsafe()


class Peer(asyncio.Transport):
    def __init__(self, address: str) -> None:
        super().__init__({"peername": (address, 40_000)})


async def asked(method: str, *, token: str = "", peer: str = "10.0.0.7", **headers: str) -> str:
    """What becomes of a request."""

    async def handler(_request: web.Request) -> web.Response:
        return web.Response(text="done")

    request = make_mocked_request(method, "/breakers/postgres.reads", headers=headers, transport=Peer(peer))
    answer = await require_operator(token)(request, handler)
    assert isinstance(answer, web.Response)
    return answer.text or ""


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("token", ["", TOKEN])
async def test_anybody_may_look(method: str, token: str) -> None:
    assert await asked(method, token=token) == "done"


@pytest.mark.parametrize("method", ["PUT", "POST", "PATCH", "DELETE", "ODD"])
async def test_without_a_token_nobody_else_s_machine_changes_anything(method: str) -> None:
    with pytest.raises(Forbidden, match="MAINSTAY_ADMIN_TOKEN"):
        await asked(method, X_Forwarded_For="127.0.0.1")

    assert await asked(method, peer="::1") == "done"


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"Authorization": TOKEN},
        {"Authorization": f"Basic {TOKEN}"},
        {"Authorization": f"Bearer {TOKEN[:-1]}"},
        {"Authorization": f"Bearer  {TOKEN}"},
        {"Authorization": "Bearer "},
        {"Authorization": "Bearer ü"},
    ],
)
async def test_with_a_token_nothing_else_will_do_not_even_from_this_machine(given: dict[str, str]) -> None:
    with pytest.raises(Unauthenticated) as refused:
        await asked("PUT", token=TOKEN, peer="127.0.0.1", **given)

    assert refused.value.headers == {"WWW-Authenticate": 'Bearer realm="admin"'}


async def test_with_the_token_it_is_done_from_anywhere() -> None:
    assert await asked("PUT", token=TOKEN, Authorization=f"bearer {TOKEN}") == "done"


@pytest.mark.parametrize(
    ("address", "expected"),
    [("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("::ffff:127.0.0.1", True), ("::ffff:10.0.0.7", False)],
)
def test_this_machine_is_known_by_each_of_its_addresses(address: str, expected: bool) -> None:
    assert is_loopback(address) is expected
