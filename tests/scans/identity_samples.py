"""Valid requests for what lies under /identity: keys and the trail for admins, accounts for whoever has one."""

from collections.abc import AsyncIterator
from typing import Any

import orjson

from tests.acceptance.peopled_shop import PeopledShop
from tests.scans.sample import MARK, Sample

KEYS, TRAIL = "/identity/keys", "/identity/audit"
HERE = "/identity"
PASSWORD, NEXT_PASSWORD = "nine green hooks of oak", "seven red mugs of clay"
AGENT = {"User-Agent": f"scan{MARK}"}
"""For what takes nothing else from a caller."""


async def admin_samples(shop: PeopledShop) -> AsyncIterator[Sample]:
    """Keys are made, put in another's place and revoked; the trail is read."""
    entries = await shop.send("admin", "GET", f"{TRAIL}?limit=1")
    for query in ("?fields=subject,operation", MARK):
        target = f"{TRAIL}/{entries.body['items'][0]['id']}{query}"
        yield Sample(operation=f"GET {TRAIL}/{{id}}", target=target)
    yield Sample(operation=f"GET {KEYS}", target=KEYS, headers=AGENT)
    yield Sample(operation=f"POST {KEYS}", target=KEYS, body=orjson.dumps(_key()))
    made = await shop.made("admin", KEYS, _key())
    rotated, overlap = f"POST {KEYS}/{{id}}/rotate", orjson.dumps({"overlap_seconds": 60})
    yield Sample(operation=rotated, target=f"{KEYS}/{made['id']}/rotate", body=overlap)
    yield Sample(operation=rotated, target=f"{KEYS}/{made['id']}{MARK}/rotate", body=overlap)
    yield Sample(operation=f"DELETE {KEYS}/{{id}}", target=f"{KEYS}/{made['id']}{MARK}")


async def account_samples(shop: PeopledShop) -> AsyncIterator[Sample]:
    """An account is made, and each thing that can be done with one is done."""
    account = {"name": f"scan-{shop.numbers()}@example.org", "password": PASSWORD}
    await shop.send("nobody", "POST", f"{HERE}/sign-up", account)
    # An account may be tried ten times at once from one address; the scanners use that up.
    refreshed, ended, held = [await _signed_in(shop, account) for _ in range(3)]
    yield _sent("sign-up", account | {"name": f"scan-{shop.numbers()}@example.org"})
    yield _sent("sign-in", account)
    yield _sent("refresh", {"refresh_token": refreshed["refresh_token"]})
    yield _sent("sign-out", {"refresh_token": ended["refresh_token"]})
    bearer = f"Bearer {held['access_token']}"
    change = {"password": PASSWORD, "new_password": NEXT_PASSWORD}
    yield Sample(
        operation=f"GET {HERE}/account", target=f"{HERE}/account", headers={"Authorization": f"{bearer}{MARK}"}
    )
    yield _sent("password", change, headers={"Authorization": bearer})
    yield Sample(operation=f"GET {HERE}/jwks.json", target=f"{HERE}/jwks.json", headers=AGENT)


async def _signed_in(shop: PeopledShop, account: object) -> Any:
    return (await shop.send("nobody", "POST", f"{HERE}/sign-in", account)).body


def _sent(does: str, body: object, *, headers: dict[str, str] | None = None) -> Sample:
    target = f"{HERE}/{does}"
    return Sample(operation=f"POST {target}", target=target, body=orjson.dumps(body), headers=headers or {})


def _key() -> dict[str, object]:
    return {
        "name": "scan",
        "roles": ["buyer"],
        "subject": "scan",
        "tenant": "acme",
        "resources": ["/reviews"],
        "scope": "read",
        "limit_factor": 1.0,
        "expires_in_seconds": 3600,
    }
