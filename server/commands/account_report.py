"""What `mainstay account` shows of accounts."""

import sys
from collections.abc import Sequence
from datetime import datetime

from rich.console import Console
from rich.table import Table

from server.commands.reporting import tell
from server.identity.key_ring import ACCOUNT_SUBJECT
from storage.credentials.account_table import StoredAccount

_WIDE_CHARACTERS = 400
"""So that no line is folded for a program that reads them."""


def show_account(account: StoredAccount, *, ended: int) -> None:
    """What became of one, and of its sessions."""
    state = "locked" if account.locked_at else ", ".join(account.roles) or "no roles"
    tell(f"{account.name}: {state}. {ended} {'session' if ended == 1 else 'sessions'} ended.")


def show_accounts(accounts: Sequence[StoredAccount]) -> None:
    """A line for each."""
    table = Table(box=None, pad_edge=False)
    for heading in ("NAME", "ROLES", "TENANT", "STATE", "SIGNED IN", "SUBJECT"):
        table.add_column(heading, overflow="fold")
    for account in accounts:
        table.add_row(
            account.name,
            ", ".join(account.roles),
            account.tenant or "",
            "locked" if account.locked_at else "",
            _day(account.signed_in_at),
            f"{ACCOUNT_SUBJECT}{account.id}",
        )
    width = None if sys.stdout.isatty() else _WIDE_CHARACTERS
    Console(highlight=False, width=width).print(table)


def _day(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment:%Y-%m-%d %H:%M}"
