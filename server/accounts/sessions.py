"""Sessions begun, refreshed and ended, so that whoever steals a refresh token is found out.

Each refresh token is used once: its use gives out the next (RFC 9700, 4.14.2). One that comes again after that is in
two hands, and nobody can tell which are the thief's; so the session ends for both.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

from middleware.errors import Problem
from server.accounts.ended_sessions import EndedSessions
from server.accounts.not_signed_in import NotSignedIn, SessionEnded
from server.accounts.refresh_tokens import AccountSecret, RefreshToken, read_refresh_token
from server.identity.revocation_watch import Stamp
from storage.credentials.account_table import AccountLock
from storage.credentials.session_table import SessionTable, StoredSession

GRACE_SECONDS = 30.0
"""For so long the token before the latest is answered with the latest again: its answer may have been lost on the way,
or two windows of a browser may have used it together. A thief gains nothing by it, who then holds the same token as the
victim: the second of them to use it is found out."""

_ID_BYTES, _SEED_BYTES = 16, 32
_TRIES = 2


class Maker(Protocol):
    """What makes access tokens."""

    @property
    def seconds(self) -> int:
        """How long they live."""

    def made(self, session: StoredSession) -> str:
        """One for this session."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionPolicy:
    """Whose sessions, and how long one lasts: quiet, and at most."""

    realm: str
    idle_seconds: float
    session_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """How all replicas hear that a session has ended: this one at once, the others by the stamp."""

    stamp: Stamp
    ended: EndedSessions

    async def tell(self, session_ids: Iterable[str]) -> None:
        """Tell them; those the stamp does not reach find out by themselves."""
        for session_id in session_ids:
            self.ended.add(session_id)
        try:
            await self.stamp.change()
        except Problem:  # observed by the layers it passed
            return


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """What somebody holds who is signed in."""

    account_id: str
    session_id: str
    access_token: str = field(repr=False)
    access_seconds: int
    refresh_token: str = field(repr=False)
    refresh_seconds: int


class Sessions:
    """The sessions of a service's accounts. Each method raises what the table raises."""

    def __init__(
        self, table: SessionTable, policy: SessionPolicy, *, secret: AccountSecret, maker: Maker, telling: Telling
    ) -> None:
        self._table = table
        self._policy = policy
        self._secret = secret
        self._maker = maker
        self._telling = telling

    async def start(self, lock: AccountLock) -> Tokens:
        """Begin one; raises NotSignedIn where meanwhile the account was locked or its password changed."""
        session_id = secrets.token_hex(_ID_BYTES)
        if not await self._table.start(session_id, lock, seed=secrets.token_bytes(_SEED_BYTES)):
            raise NotSignedIn(realm=self._policy.realm)
        stored = await self._table.find(session_id)
        if stored is None:
            raise self._refused()
        return self._tokens(stored, number=stored.latest)

    async def refresh(self, text: str) -> Tokens:
        """Give out the next tokens; raises SessionEnded."""
        for _ in range(_TRIES):
            token, stored = await self._found(text)
            if stored.latest == token.number:
                if await self._table.turn(stored.id, stored.latest):
                    return self._tokens(stored, number=stored.latest + 1)
                continue  # somebody was faster, with the same token
            if stored.latest == token.number + 1 and stored.refreshed_seconds_ago <= GRACE_SECONDS:
                return self._tokens(stored, number=stored.latest)
            if stored.latest > token.number:
                await self._end(stored.id)
                raise self._refused(stored, is_reused=True)
            break  # the database remembers less than it gave out, as after a restore
        raise self._refused()

    async def end(self, text: str) -> StoredSession | None:
        """End the session of a refresh token; None where there is none."""
        try:
            _token, stored = await self._found(text)
        except SessionEnded:
            return None
        await self._end(stored.id)
        return stored

    async def end_others(self, account_id: str, *, kept: str) -> None:
        """End an account's sessions but for one."""
        await self._telling.tell(await self._table.end_all(account_id, kept=kept))

    async def _end(self, session_id: str) -> None:
        await self._table.end(session_id)
        await self._telling.tell([session_id])

    async def _found(self, text: str) -> tuple[RefreshToken, StoredSession]:
        token = read_refresh_token(text)
        stored = None if token is None else await self._table.find(token.session_id)
        if token is None or stored is None or not self._secret.gave(token, seed=stored.seed):
            raise self._refused()
        is_over = stored.age_seconds > self._policy.session_seconds
        is_quiet = stored.refreshed_seconds_ago > self._policy.idle_seconds
        if stored.is_ended or stored.is_locked or is_over or is_quiet:
            raise self._refused(stored)
        return token, stored

    def _tokens(self, stored: StoredSession, *, number: int) -> Tokens:
        left_seconds = min(self._policy.idle_seconds, self._policy.session_seconds - stored.age_seconds)
        return Tokens(
            account_id=stored.account_id,
            session_id=stored.id,
            access_token=self._maker.made(stored),
            access_seconds=self._maker.seconds,
            refresh_token=self._secret.refresh_token(stored.id, number, seed=stored.seed),
            refresh_seconds=int(left_seconds),
        )

    def _refused(self, stored: StoredSession | None = None, *, is_reused: bool = False) -> SessionEnded:
        realm = self._policy.realm
        if stored is None:
            return SessionEnded(realm=realm)
        return SessionEnded(realm=realm, session_id=stored.id, account_id=stored.account_id, is_reused=is_reused)
