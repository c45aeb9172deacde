"""Who may change anything on the admin port."""

import secrets

import pytest

from middleware.errors import Forbidden, Unauthenticated
from middleware.inbound.request_plan import place_of
from middleware.inbound.require_operator import is_loopback, require_operator
from tests.exchanges import exchange_of

TOKEN = secrets.token_urlsafe()


async def asked(method: str, *, token: str = "", peer: str = "10.0.0.7", **headers: str) -> str:
    """What becomes of a request."""
    check = require_operator(token)(place_of(method, None))
    if check is not None:
        given = (f"{name.replace('_', '-')}: {value}" for name, value in headers.items())
        assert check(exchange_of("/breakers/postgres.reads", method, *given, peer=peer)) is None
    return "done"


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("token", ["", TOKEN], ids=["open", "guarded"])
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
