"""The addresses of accounts, under `/identity`, for a service that declares `accounts`."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Literal

from aiohttp import hdrs, web
from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from server.accounts.account_office import AccountOffice
from server.accounts.sessions import Tokens
from server.handling import body
from server.identity.access import ANYONE, SIGNED_IN
from server.service import Route, Service

OFFICE: web.AppKey[AccountOffice] = web.AppKey("accounts", AccountOffice)

PASSWORD_CHARACTERS_AT_LEAST = 8
"""NIST SP 800-63B-4 (3.1.1.2); what is easily guessed is refused whatever its length."""
TEXT_CHARACTERS_AT_MOST = 256

PUBLISHED_SECONDS = 300
"""How long others may rely on the set of keys: a new key is in it for twice as long before it signs."""

_PASSWORD: JsonDict = {"format": "password", "writeOnly": True}
_Name = Annotated[str, Field(max_length=TEXT_CHARACTERS_AT_MOST)]
_Secret = Annotated[str, Field(max_length=TEXT_CHARACTERS_AT_MOST, repr=False, json_schema_extra=_PASSWORD)]
_NewPassword = Annotated[_Secret, Field(min_length=PASSWORD_CHARACTERS_AT_LEAST)]


class _Sent(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SignUp(_Sent):
    """A name, usually an e-mail address, and a password that is not easily guessed."""

    name: _Name
    password: _NewPassword


class SignIn(_Sent):
    """The name and the password of an account."""

    name: _Name
    password: _Secret


class Refresh(_Sent):
    """The refresh token that was given out last."""

    refresh_token: _Secret


class PasswordChange(_Sent):
    """The password there is, and the one there is to be."""

    password: _Secret
    new_password: _NewPassword


class SignedIn(_Sent):
    """What to call with, and what to ask for the next of it with; each refresh token works once."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - a word of RFC 6750, no token
    expires_in: int
    refresh_token: str
    refresh_expires_in: int


class AccountShown(_Sent):
    """An account; `subject` is what its records are owned by."""

    subject: str
    name: str
    roles: list[str]
    tenant: str | None
    created_at: datetime


class PublishedKey(_Sent):
    """The public half of a key (RFC 7517)."""

    kty: str
    crv: str
    x: str
    y: str
    kid: str
    use: str
    alg: str


class PublishedKeys(_Sent):
    """What access tokens are verified with, by whoever is shown one."""

    keys: list[PublishedKey]


async def sign_up(request: web.Request) -> None:
    """Make an account."""
    asked = body(request, SignUp)
    await request.app[OFFICE].sign_up(request, asked.name, password=asked.password)


async def sign_in(request: web.Request) -> SignedIn:
    """Begin a session."""
    asked = body(request, SignIn)
    return _signed_in(await request.app[OFFICE].sign_in(request, asked.name, password=asked.password))


async def refresh(request: web.Request) -> SignedIn:
    """Go on with a session."""
    token = body(request, Refresh).refresh_token
    return _signed_in(await request.app[OFFICE].refresh(request, token))


async def sign_out(request: web.Request) -> None:
    """End a session."""
    token = body(request, Refresh).refresh_token
    await request.app[OFFICE].sign_out(request, token)


async def change_password(request: web.Request) -> None:
    """Change the caller's password."""
    asked = body(request, PasswordChange)
    old, new = asked.password, asked.new_password
    await request.app[OFFICE].change_password(request, old, new=new)


async def show_account(request: web.Request) -> AccountShown:
    """Show the caller's account."""
    account = await request.app[OFFICE].caller(request)
    return AccountShown(
        subject=f"account:{account.id}",
        name=account.name,
        roles=list(account.roles),
        tenant=account.tenant,
        created_at=account.created_at,
    )


async def publish_keys(request: web.Request) -> web.Response:
    """Show the keys that tokens are verified with."""
    headers = {hdrs.CACHE_CONTROL: f"public, max-age={PUBLISHED_SECONDS}"}
    return web.Response(
        body=request.app[OFFICE].desk.published_keys(), content_type="application/json", headers=headers
    )


# An answer that holds a token is not kept for a repeat of its request: it would be a token in the database.
_ROUTES: Sequence[Route] = (
    Route(
        "POST",
        "/identity/sign-in",
        sign_in,
        accepts=SignIn,
        returns=SignedIn,
        access=ANYONE,
        idempotency="none",
        summary="Sign in",
    ),
    Route(
        "POST",
        "/identity/refresh",
        refresh,
        accepts=Refresh,
        returns=SignedIn,
        access=ANYONE,
        idempotency="none",
        summary="Get the next tokens of a session",
    ),
    Route(
        "POST",
        "/identity/sign-out",
        sign_out,
        accepts=Refresh,
        access=ANYONE,
        idempotency="none",
        summary="Sign out",
    ),
    Route(
        "POST",
        "/identity/password",
        change_password,
        accepts=PasswordChange,
        access=SIGNED_IN,
        idempotency="none",
        summary="Change the password, and end all other sessions",
    ),
    Route(
        "GET", "/identity/account", show_account, returns=AccountShown, access=SIGNED_IN, summary="Show one's account"
    ),
    Route(
        "GET",
        "/identity/jwks.json",
        publish_keys,
        returns=PublishedKeys,
        access=ANYONE,
        summary="Show the keys that tokens are verified with",
    ),
)
_SIGN_UP = Route(
    "POST", "/identity/sign-up", sign_up, accepts=SignUp, access=ANYONE, idempotency="none", summary="Sign up"
)


def with_account_routes(service: Service) -> Service:
    """The service with the addresses of its accounts; without accounts there are none."""
    if service.accounts is None:
        return service
    own = (_SIGN_UP, *_ROUTES) if service.accounts.sign_up else _ROUTES
    return replace(service, routes=[*service.routes, *own])


def _signed_in(tokens: Tokens) -> SignedIn:
    return SignedIn(
        access_token=tokens.access_token,
        expires_in=tokens.access_seconds,
        refresh_token=tokens.refresh_token,
        refresh_expires_in=tokens.refresh_seconds,
    )
