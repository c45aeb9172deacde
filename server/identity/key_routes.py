"""The admin API of keys: `/identity/keys`, on the public port, for principals with the role `admin`.

An admin that belongs to a tenant sees, makes and revokes that tenant's keys only.
"""

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Annotated, Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from middleware.errors import Fault, Invalid, Unauthenticated
from middleware.inbound.principal import PRINCIPAL, Principal
from server.declaration import Declaration
from server.handling import body
from server.identity.access import role
from server.identity.api_keys import ADMIN
from server.identity.declared_roles import roles_unknown
from server.identity.key_grants import LONGEST_LIFE_SECONDS, GrantWrong, KeyWish, granted, is_role
from server.identity.key_ring import KeyRing, MadeKey
from server.identity.revocation_watch import CURRENT_SECONDS
from server.identity.verified import REMEMBERED_SECONDS
from server.service import Route, Service
from storage.credentials.stored_key import StoredKey

KEYS: web.AppKey[KeyRing] = web.AppKey("keys", KeyRing)
DECLARED: web.AppKey[Declaration] = web.AppKey("declared", Declaration)
"""What the service is: a key of its own holds no role that means nothing to it."""

_DAY_SECONDS = 86_400
Seconds = Annotated[int, Field(ge=1, le=int(LONGEST_LIFE_SECONDS))]


class _Shown(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class KeyShown(_Shown):
    """A key, without itself."""

    id: str
    name: str
    subject: str
    tenant: str | None
    roles: list[str]
    resources: list[str] | None
    scope: Literal["read", "write"]
    limit_factor: float | None
    created_at: datetime
    created_by: str
    rotated_from: str | None
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None


class KeyMade(KeyShown):
    """A key that was just made; `key` is the key itself, which is not shown again."""

    key: str


class KeyList(_Shown):
    """The keys made last, oldest first."""

    items: list[KeyShown]


class KeyRevoked(KeyShown):
    """A key that is revoked; every replica refuses it within so many seconds."""

    effective_within_seconds: int


class KeyAsked(_Shown):
    """What a new key is to be. Without resources it is for all of them, without a subject it stands for itself."""

    name: str = ""
    roles: list[str] = []
    subject: str = ""
    tenant: str | None = None
    resources: list[str] = []
    scope: Literal["read", "write"] = "write"
    limit_factor: float | None = None
    expires_in_seconds: Seconds | None = 90 * _DAY_SECONDS


class RotationAsked(_Shown):
    """For how long the old key works on beside the new one."""

    overlap_seconds: Annotated[int, Field(ge=0, le=30 * _DAY_SECONDS)] = _DAY_SECONDS


async def list_keys(request: web.Request) -> KeyList:
    """List the keys there are."""
    stored = await request.app[KEYS].shown(tenant=_admin(request).tenant)
    return KeyList(items=[KeyShown(**_fields(key)) for key in stored])


async def create_key(request: web.Request) -> KeyMade:
    """Make a key."""
    asked, admin = body(request, KeyAsked), _admin(request)
    if admin.tenant is not None and asked.tenant not in (None, admin.tenant):
        fault = Fault(pointer="/tenant", code="other_tenant", detail=f"you make keys for {admin.tenant} only")
        raise Invalid(faults=[fault])
    wish = KeyWish(
        roles=asked.roles,
        name=asked.name,
        subject=asked.subject,
        tenant=asked.tenant if admin.tenant is None else admin.tenant,
        resources=asked.resources,
        may_write=asked.scope == "write",
        limit_factor=asked.limit_factor,
    )
    unknown = roles_unknown(filter(is_role, asked.roles), request.app[DECLARED])
    faults = [Fault(pointer="/roles", code="unknown_role", detail=sentence) for sentence in unknown]
    try:
        grant = granted(wish, expires_in_seconds=asked.expires_in_seconds)
    except GrantWrong as wrong:
        faults += [Fault(pointer="", code="bad_key", detail=sentence) for sentence in wrong.sentences]
        raise Invalid(faults=faults) from wrong
    if faults:
        raise Invalid(faults=faults)
    return _made(await request.app[KEYS].make(grant, created_by=admin.subject))


async def revoke_key(request: web.Request) -> KeyRevoked:
    """End a key's life."""
    revoked = await request.app[KEYS].revoke(request.match_info["id"], tenant=_admin(request).tenant)
    seconds = CURRENT_SECONDS if revoked.is_announced else REMEMBERED_SECONDS
    return KeyRevoked(**_fields(revoked.stored), effective_within_seconds=int(seconds))


async def rotate_key(request: web.Request) -> KeyMade:
    """Make a key that stands for the same as another one, which works on for a while."""
    admin = _admin(request)
    made = await request.app[KEYS].rotate(
        request.match_info["id"],
        overlap_seconds=body(request, RotationAsked).overlap_seconds,
        created_by=admin.subject,
        tenant=admin.tenant,
    )
    return _made(made)


# An answer that holds a key is not kept for a repeat of its request: it would be a key in the database.
KEY_ROUTES: Sequence[Route] = (
    Route("GET", "/identity/keys", list_keys, returns=KeyList, access=role(ADMIN), summary="List the API keys"),
    Route(
        "POST",
        "/identity/keys",
        create_key,
        accepts=KeyAsked,
        returns=KeyMade,
        access=role(ADMIN),
        status=201,
        idempotency="none",
        summary="Make an API key",
    ),
    Route(
        "DELETE",
        "/identity/keys/{id}",
        revoke_key,
        returns=KeyRevoked,
        access=role(ADMIN),
        summary="Revoke an API key",
    ),
    Route(
        "POST",
        "/identity/keys/{id}/rotate",
        rotate_key,
        accepts=RotationAsked,
        returns=KeyMade,
        access=role(ADMIN),
        status=201,
        idempotency="none",
        summary="Put a new API key in an old one's place",
    ),
)


def with_key_routes(service: Service) -> Service:
    """The service with this API."""
    return replace(service, routes=[*service.routes, *KEY_ROUTES])


def _admin(request: web.Request) -> Principal:
    principal: Principal | None = request.get(PRINCIPAL)
    if principal is None:  # the access rule has seen to it
        raise Unauthenticated
    return principal


def _made(made: MadeKey) -> KeyMade:
    return KeyMade(**_fields(made.stored), key=made.text)


def _fields(stored: StoredKey) -> dict[str, object]:
    fields = asdict(stored)
    del fields["expires_in_seconds"]
    scope = "write" if fields.pop("may_write") else "read"
    resources = None if stored.resources is None else list(stored.resources)
    return {**fields, "roles": list(stored.roles), "resources": resources, "scope": scope}
