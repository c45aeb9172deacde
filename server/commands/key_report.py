"""What `mainstay key` shows: a key once, and what is known of keys."""

import sys
from collections.abc import Sequence
from datetime import datetime

from rich.console import Console
from rich.table import Table

from server.commands.reporting import tell
from server.identity.key_ring import MadeKey, RevokedKey
from storage.credentials.stored_key import StoredKey

_NOT_ANNOUNCED = "The running replicas could not be told (Redis does not answer): they notice within 60 s."


def show_key(made: MadeKey, *, where: str) -> None:
    """The key alone on the standard output, so that `KEY=$(mainstay key create …)` works; the rest beside it."""
    sys.stdout.write(f"{made.text}\n")
    sys.stdout.flush()
    stored = made.stored
    tell("", "Keep it now: it is not stored, and nobody can show it again.", "", *_told(stored), f"  database {where}")
    tell("", f'  try      curl -H "Authorization: Bearer $KEY" …   revoke   mainstay key revoke {stored.id}')
    if not made.is_announced:
        tell(_NOT_ANNOUNCED)


def show_revoked(revoked: RevokedKey) -> None:
    """That it is done, and from when on."""
    when = "It is refused everywhere within a second." if revoked.is_announced else _NOT_ANNOUNCED
    tell(f"Revoked {revoked.stored.id} ({revoked.stored.name or 'without a name'}). {when}")


def show_keys(keys: Sequence[StoredKey]) -> None:
    """A line for each."""
    table = Table(box=None, pad_edge=False)
    for heading in ("ID", "NAME", "ROLES", "SCOPE", "TENANT", "STATE", "LAST USED"):
        table.add_column(heading, overflow="fold")
    for key in keys:
        table.add_row(
            key.id,
            key.name,
            ", ".join(key.roles),
            scope_of(key),
            key.tenant or "",
            state_of(key),
            _day(key.last_used_at),
        )
    Console(highlight=False).print(table)


def scope_of(key: StoredKey) -> str:
    """`read products, orders`; empty where nothing fences the key in."""
    words = [*([] if key.may_write else ["read"]), *([] if key.resources is None else [", ".join(key.resources)])]
    return " ".join(words)


def state_of(key: StoredKey) -> str:
    """Whether it works, and how long."""
    if key.revoked_at is not None:
        return f"revoked {_day(key.revoked_at)}"
    if key.expires_in_seconds is None:
        return "never expires"
    return f"{'expired' if key.expires_in_seconds <= 0 else 'expires'} {_day(key.expires_at)}"


def _told(stored: StoredKey) -> list[str]:
    facts = {
        "id": stored.id,
        "name": stored.name,
        "subject": stored.subject,
        "roles": ", ".join(stored.roles),
        "scope": scope_of(stored),
        "tenant": stored.tenant or "",
        "state": state_of(stored),
    }
    return [f"  {word:<8} {value}" for word, value in facts.items() if value]


def _day(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment:%Y-%m-%d %H:%M}"
