"""Where requests about accounts are dealt with: each is throttled, done, and told of once."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import web

from middleware.errors import Fault, Forbidden, Invalid, TooManyRequests, Unauthenticated
from middleware.inbound.identify import CONTEXT
from middleware.inbound.principal import PRINCIPAL
from server.accounts.account_register import AccountRegister
from server.accounts.account_throttle import AccountThrottle
from server.accounts.not_signed_in import NotSignedIn, SessionEnded
from server.accounts.sessions import Sessions, Tokens
from server.identity.key_ring import ACCOUNT_SUBJECT
from storage.credentials.account_table import StoredAccount
from telemetry.events import AccountActed, AccountOperation, AccountOutcome, Observe

_WRONG_PASSWORD = Fault(pointer="/password", code="wrong_password", detail="this is not your password")


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountDesk:
    """What deals with accounts, as far as no request is needed for it."""

    register: AccountRegister
    sessions: Sessions
    published_keys: Callable[[], bytes]
    realm: str
    sign_up_roles: tuple[str, ...]


@dataclass(slots=True)
class _Case:
    """Who it is about, as far as that is known so far."""

    account_id: str = ""
    session_id: str = ""


class AccountOffice:
    """The desk, and what stands around it; each method raises what callers are to be answered."""

    def __init__(self, desk: AccountDesk, throttle: AccountThrottle, *, observe: Observe) -> None:
        self.desk = desk
        self._throttle = throttle
        self._observe = observe

    async def sign_up(self, request: web.Request, name: str, *, password: str) -> None:
        """Make an account; whether the name was free is told to nobody."""
        async with self._told(request, "sign_up"):
            await self._throttle.sign_up(request)
            await self.desk.register.add(name, password, roles=self.desk.sign_up_roles)

    async def sign_in(self, request: web.Request, name: str, *, password: str) -> Tokens:
        """Begin a session; raises NotSignedIn."""
        async with self._told(request, "sign_in") as case:
            await self._throttle.sign_in(request, name)
            lock = await self.desk.register.recognised(name, password)
            if lock is None:
                await self._throttle.failed(request)
                raise NotSignedIn(realm=self.desk.realm)
            case.account_id = lock.account.id
            return _noted(case, await self.desk.sessions.start(lock))

    async def refresh(self, request: web.Request, token: str) -> Tokens:
        """Give out the next tokens; raises SessionEnded."""
        async with self._told(request, "refresh") as case:
            return _noted(case, await self.desk.sessions.refresh(token))

    async def sign_out(self, request: web.Request, token: str) -> None:
        """End the session of a refresh token, where there is one."""
        async with self._told(request, "sign_out") as case:
            ended = await self.desk.sessions.end(token)
            if ended is not None:
                case.account_id, case.session_id = ended.account_id, ended.id

    async def change_password(self, request: web.Request, old: str, *, new: str) -> None:
        """Change the caller's password and end all its other sessions; raises Invalid for a wrong old one."""
        async with self._told(request, "change_password") as case:
            account = await self.caller(request)
            case.account_id, case.session_id = account.id, request[PRINCIPAL].credential_id
            await self._throttle.sign_in(request, account.name)
            if not await self.desk.register.change_password(account.id, old, new=new):
                await self._throttle.failed(request)
                raise Invalid(faults=[_WRONG_PASSWORD])
            await self.desk.sessions.end_others(account.id, kept=case.session_id)

    async def caller(self, request: web.Request) -> StoredAccount:
        """The account that calls by a session of its own; raises Forbidden for any other caller."""
        principal = request[PRINCIPAL]
        if principal.credential_kind == "jwt" and principal.subject.startswith(ACCOUNT_SUBJECT):
            account = await self.desk.register.read(principal.subject.removeprefix(ACCOUNT_SUBJECT))
            if account is not None:
                return account
        raise Forbidden("This is for whoever signed in with a password.")

    @asynccontextmanager
    async def _told(self, request: web.Request, operation: AccountOperation) -> AsyncIterator[_Case]:
        case = _Case()
        outcome: AccountOutcome = "error"
        try:
            yield case
            outcome = "ok"
        except TooManyRequests:
            outcome = "limited"
            raise
        except SessionEnded as ended:
            case.account_id, case.session_id = ended.account_id, ended.session_id
            outcome = "reused" if ended.is_reused else "refused"
            raise
        except (Unauthenticated, Invalid, Forbidden):
            outcome = "refused"
            raise
        finally:
            context = request[CONTEXT]
            self._observe(
                AccountActed(
                    operation=operation,
                    outcome=outcome,
                    account_id=case.account_id,
                    session_id=case.session_id,
                    request_id=context.request_id,
                    trace_id=context.trace_id,
                )
            )


def _noted(case: _Case, tokens: Tokens) -> Tokens:
    case.account_id, case.session_id = tokens.account_id, tokens.session_id
    return tokens
