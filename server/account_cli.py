"""`mainstay account …`: its commands and their options; each imports only what it needs, as in `server/cli.py`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

accounts = typer.Typer(
    name="account",
    help="Accounts: who may sign in, as what. Each works on MAINSTAY_POSTGRES_DSN, or the embedded Postgres.",
    epilog="Example: mainstay account grant ada@example.org --role staff",
    no_args_is_help=True,
)
AccountName = Annotated[str, typer.Argument(metavar="NAME", help="The name it signs in with.")]
AccountRoles = Annotated[
    list[str] | None, typer.Option("--role", metavar="ROLE", help="A role it holds, such as staff; more than once.")
]
AccountService = Annotated[
    Path | None,
    typer.Option("--service", metavar="FILE", help="The service it is for: roles that FILE does not know are refused."),
]
AccountTenant = Annotated[str | None, typer.Option(metavar="NAME", help="Whose data it is for.")]


@accounts.command("create", epilog="Example: mainstay account create ada@example.org --role staff < password")
def create_account(
    name: AccountName, *, role: AccountRoles = None, tenant: AccountTenant = None, service: AccountService = None
) -> None:
    """Make an account; its password is asked for, or is the first line of what comes in."""
    from server.commands.account_work import AccountWish, run_create

    sys.exit(run_create(AccountWish(name=name, roles=role or (), tenant=tenant, file=service)))


@accounts.command("list", epilog="Example: mainstay account list")
def list_accounts() -> None:
    """List the accounts: what each may, whether it is locked, when somebody signed in last."""
    from server.commands.account_work import run_list

    sys.exit(run_list())


@accounts.command("grant", epilog="Example: mainstay account grant ada@example.org --role staff --role admin")
def grant_account(
    name: AccountName,
    *,
    role: AccountRoles = None,
    tenant: AccountTenant = None,
    no_roles: Annotated[bool, typer.Option("--no-roles", help="Leave it without any role.")] = False,
    service: AccountService = None,
) -> None:
    """Give an account these roles and this tenant, and no others; it has to sign in again."""
    if no_roles == bool(role):
        raise typer.BadParameter("say which roles it is to have, or --no-roles", param_hint="--role")
    from server.commands.account_work import AccountWish, run_grant

    sys.exit(run_grant(AccountWish(name=name, roles=role or (), tenant=tenant, file=service)))


@accounts.command("lock", epilog="Example: mainstay account lock ada@example.org")
def lock_account(name: AccountName) -> None:
    """Let nobody sign in to an account; its sessions end everywhere within a second."""
    from server.commands.account_work import run_lock

    sys.exit(run_lock(name, is_locked=True))


@accounts.command("unlock", epilog="Example: mainstay account unlock ada@example.org")
def unlock_account(name: AccountName) -> None:
    """Let its owner sign in again."""
    from server.commands.account_work import run_lock

    sys.exit(run_lock(name, is_locked=False))


@accounts.command("rotate-keys", epilog="Example: mainstay account rotate-keys")
def rotate_account_keys(
    *, now: Annotated[bool, typer.Option("--now", help="Take nothing any longer that older keys signed.")] = False
) -> None:
    """Make the next key that access tokens are signed with; it signs in ten minutes, and those of before still verify.

    With --now the others are gone at once, as after a theft; sessions get their next token by refreshing.
    """
    from server.commands.account_work import run_rotate_keys

    sys.exit(run_rotate_keys(at_once=now))
