"""What may befall a replica that reads are sent to: it goes on receiving, and shows what was."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from secrets import token_urlsafe

from storage.encryption.sealing_keys import new_key_text
from tests.integration.replicated_postgres import replicated_postgres
from tests.proof.fault import Fault
from tests.proof.neighbours import OF_A_NEIGHBOUR, beside, neighbour
from tests.proof.shops import Shop

_LONG_SECONDS = 100.0


def replica_faults() -> Sequence[Fault]:
    """One after the other."""
    return [
        Fault(
            name="a replica replays nothing any more",
            make=_paused,
            alerts=frozenset({"ReplicationLag", "ReplicasNotRead"}),
            follow=OF_A_NEIGHBOUR,
            patience_seconds=_LONG_SECONDS,
            clears_within_seconds=_LONG_SECONDS,
        )
    ]


@asynccontextmanager
async def _paused(shop: Shop) -> AsyncIterator[None]:
    """Of a primary and its standby that are there for this, and read from by a process of their own."""
    folder = shop.data_dir.with_name("replicated")
    folder.mkdir()
    async with replicated_postgres(folder) as pair:
        secrets = {"ACCOUNTS_SECRET": token_urlsafe(), "ENCRYPTION_KEYS": new_key_text()}
        reading = {"POSTGRES_DSN": pair.dsn(), "POSTGRES_READS": "replica", "MIGRATE": "safe", **secrets}
        async with beside(shop, neighbour(shop, "reader", settings=reading, environment={})):
            pair.second.ask("SELECT pg_wal_replay_pause()")
            try:
                yield
            finally:
                pair.second.ask("SELECT pg_wal_replay_resume()")
