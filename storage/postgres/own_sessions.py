"""Has each connection a session of its own: a pooler that deals them out anew is found out at the start.

What is prepared on a connection has to be there the next time. PREPARE is a statement like any other, which a pooler
that gives each transaction another session does not follow (`max_prepared_statements` of pgbouncer 1.21 is about what
the protocol prepares), so calls would fail now and then, and only under load.
"""

import asyncio
import secrets
from typing import Protocol

from middleware.errors import Unavailable

_LOOKS = 3
"""As a rule one is enough, as a pooler deals out what it was given back last; others may come in between."""

_NAME_BYTES = 8


class Session(Protocol):
    """What is asked; a PostgresConnection."""

    async def execute(self, script: str, *, writes: bool = True) -> list[tuple[object, ...]]:
        """Run SQL as it stands, several statements as one implicit transaction; the last one's rows."""


class SessionsShared(Exception):  # noqa: N818 - it says what happened
    """What was prepared on a connection was found on another, or not found again."""

    def __init__(self) -> None:
        super().__init__(
            "A pooler in between gives each transaction another session (pool_mode = transaction), in which nothing is "
            "prepared: let it keep one for each connection (pool_mode = session), or give the address of Postgres "
            "itself (docs/postgres.md#pgbouncer)."
        )


async def require_own_sessions(first: Session, second: Session, *, within_seconds: float) -> None:
    """Return where two connections to one server have a session each; raises Unavailable where they share theirs."""
    name = f"own_{secrets.token_hex(_NAME_BYTES)}"
    try:
        async with asyncio.timeout(within_seconds):
            await first.execute(f"PREPARE {name} AS SELECT 1")
            for _ in range(_LOOKS):
                if await _is_shared(first, second, seek=f"SELECT FROM pg_prepared_statements WHERE name = '{name}'"):
                    raise Unavailable from SessionsShared()
            await first.execute(f"DEALLOCATE {name}")
    except TimeoutError as error:
        raise Unavailable from error


async def _is_shared(first: Session, second: Session, *, seek: str) -> bool:
    """Whether the second has what the first prepared, or the first has it no more while the second keeps a session."""
    is_seen = bool(await second.execute(f"BEGIN; {seek}"))
    is_lost = not is_seen and not await first.execute(seek)
    await second.execute("ROLLBACK")
    return is_seen or is_lost
