"""Callers with keys of a served service."""

from dataclasses import dataclass
from typing import Any

from storage.credentials.stored_key import KeyGrant
from tests.integration.rest_client import Client, Reply


@dataclass(frozen=True, slots=True)
class SignedCaller:
    """Somebody with a credential, or nobody."""

    client: Client
    credential: str = ""

    async def ask(self, method: str, path: str, json: object = ..., **headers: str) -> Reply:
        """Send a request; headers as keywords, `_` for `-`."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if self.credential:
            sent["Authorization"] = f"Bearer {self.credential}"
        return await self.client.send(method, path, json=json, headers=sent)

    async def made(self, path: str, **values: object) -> Any:
        """Create a record; its JSON."""
        reply = await self.ask("POST", path, values)
        assert reply.status == 201, reply.body
        return reply.json

    async def shown(self, path: str) -> list[Any]:
        """The items of a list's first page."""
        reply = await self.ask("GET", path)
        assert reply.status == 200, reply.body
        return list(reply.json["items"])


async def signed_caller(
    client: Client, subject: str, *roles: str, tenant: str | None = None, resources: tuple[str, ...] | None = None
) -> SignedCaller:
    """Somebody with a new key; for some resources only, where they are named."""
    grant = KeyGrant(
        name=subject, subject=subject, roles=roles, tenant=tenant, resources=resources, expires_in_seconds=3_600.0
    )
    return SignedCaller(client, (await client.callers.keys.make(grant, created_by="a test")).text)
