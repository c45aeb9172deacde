"""`mainstay account …`: accounts made, listed, granted roles and locked, and the keys of their tokens rotated."""

import getpass
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from middleware.errors import Invalid, NotFound, Problem
from server.accounts.account_register import AccountRegister, normal_name
from server.accounts.account_routes import PASSWORD_CHARACTERS_AT_LEAST
from server.accounts.password_hashing import PasswordHashing
from server.accounts.secret_of_accounts import SecretMissing, secret_of_accounts
from server.accounts.signing_keys import PUBLISHED_BEFORE_SECONDS, new_signing_key
from server.commands.account_report import show_account, show_accounts
from server.commands.credential_work import Misused, Reached, Task, work
from server.commands.reporting import tell
from server.identity.declared_roles import roles_unknown
from server.identity.key_grants import is_role
from server.service_file import checked_file
from storage.credentials.account_table import AccountTable, StoredAccount
from storage.credentials.session_table import SessionTable
from storage.credentials.signing_key_table import SigningKeyTable
from storage.redis.revocation_stamp import SESSIONS_STAMP

_NO_SUCH_ACCOUNT = "There is no account of this name."
_NOT_TOLD = "The running replicas could not be told (Redis does not answer): they notice within 10 s."
_MINUTE_SECONDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountWish:
    """What an account is to be; `file` is its service's, where that is said."""

    name: str
    roles: Sequence[str] = ()
    tenant: str | None = None
    file: Path | None = None

    def require_roles(self) -> None:
        """Raise Misused where a role is none, or none that the service knows."""
        wrong = [
            f"{role!r} is no role: letters, digits, and . _ : - after the first."
            for role in self.roles
            if not is_role(role)
        ]
        if self.file is not None and not wrong:
            wrong = [*roles_unknown(self.roles, checked_file(self.file))]
        if wrong:
            raise Misused("\n".join(wrong))


def run_create(wish: AccountWish) -> int:
    """Make an account, whose password is typed or comes in; the exit status."""

    async def task(reached: Reached) -> None:
        wish.require_roles()
        passwords = PasswordHashing()
        register = AccountRegister(AccountTable(reached.pool), passwords)
        try:
            is_made = await register.add(wish.name, _password(), roles=wish.roles, tenant=wish.tenant)
        except Invalid as wrong:
            raise Misused("\n".join(f"{fault.pointer}: {fault.detail}" for fault in wrong.faults)) from wrong
        finally:
            passwords.close()
        if not is_made:
            raise Misused("There is an account of this name already.")
        tell(f"Made {normal_name(wish.name)}.")

    return _run(task)


def run_list() -> int:
    """List the accounts; the exit status."""

    async def task(reached: Reached) -> None:
        show_accounts(await AccountTable(reached.pool).latest())

    return _run(task)


def run_grant(wish: AccountWish) -> int:
    """Give an account its roles and tenant, and sign it out, so that nobody goes on with the old; the exit status."""

    async def task(reached: Reached) -> None:
        wish.require_roles()
        found = await AccountTable(reached.pool).grant(_known(wish.name), roles=wish.roles, tenant=wish.tenant)
        await _sign_out(reached, _required(found))

    return _run(task)


def run_lock(name: str, *, is_locked: bool) -> int:
    """Lock an account and sign it out, or unlock it; the exit status."""

    async def task(reached: Reached) -> None:
        found = await AccountTable(reached.pool).lock(_known(name), is_locked=is_locked)
        await _sign_out(reached, _required(found))

    return _run(task)


def run_rotate_keys(*, at_once: bool) -> int:
    """Make the next key that tokens are signed with; the exit status."""

    async def task(reached: Reached) -> None:
        try:
            key = new_signing_key(secret_of_accounts(reached.settings).sealing_key)
        except SecretMissing as error:
            raise Misused(str(error)) from error
        table = SigningKeyTable(reached.pool)
        if at_once:
            await table.replace(key)
            told = "signs from now on. No access token of before is taken; sessions go on."
        else:
            await table.succeed(key, signs_in_seconds=PUBLISHED_BEFORE_SECONDS)
            told = f"is published, and signs in {PUBLISHED_BEFORE_SECONDS / _MINUTE_SECONDS:.0f} minutes."
        await _announce(reached)
        tell(f"{key.id} {told}")

    return _run(task)


def _run(task: Task) -> int:
    return work(task, stamp=SESSIONS_STAMP)


async def _sign_out(reached: Reached, account: StoredAccount) -> None:
    ended = await SessionTable(reached.pool).end_all(account.id)
    await _announce(reached)
    show_account(account, ended=len(ended))


async def _announce(reached: Reached) -> None:
    try:
        if reached.stamp is not None:
            await reached.stamp.change()
    except Problem:
        tell(_NOT_TOLD)


def _password() -> str:
    """Typed unseen, or the first line of what comes in: an argument would stand in `ps` and in the shell's history."""
    given = getpass.getpass("Password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    if len(given) < PASSWORD_CHARACTERS_AT_LEAST:
        raise Misused(f"A password has at least {PASSWORD_CHARACTERS_AT_LEAST} characters.")
    return given


def _known(name: str) -> str:
    known = normal_name(name)
    if known is None:
        raise NotFound(_NO_SUCH_ACCOUNT)
    return known


def _required(found: StoredAccount | None) -> StoredAccount:
    if found is None:
        raise NotFound(_NO_SUCH_ACCOUNT)
    return found
