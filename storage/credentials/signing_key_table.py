"""The table of the keys that access tokens are signed with; each operation one statement."""

from dataclasses import dataclass, field

from pydantic import TypeAdapter

from middleware.errors import Bug
from storage.postgres.statement import statement
from storage.runner import Runner

SUPERSEDED_SECONDS = 7_200.0
"""How long a key verifies after its successor signs: an hour is as long as an access token may live."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSigningKey:
    """A key: its public half as a JWK, and the private one, sealed; `signs` tells whether its time has come."""

    id: str
    public_half: str
    sealed_half: str = field(repr=False)
    signs: bool


_KEYS = TypeAdapter(list[StoredSigningKey])

_LIST = statement(
    "SELECT COALESCE(json_agg(row_to_json(shown) ORDER BY shown.signs_from, shown.id), '[]')::text"
    " FROM (SELECT id, public_half, sealed_half, signs_from, signs_from <= now() AS signs"
    " FROM mainstay_internal.signing_key AS one WHERE NOT EXISTS (SELECT FROM mainstay_internal.signing_key AS newer"
    " WHERE newer.signs_from > one.signs_from AND newer.signs_from < now() - make_interval(secs => $1))) AS shown",
    types={"superseded_seconds": "double precision"},
    writes=False,
)
_COLUMNS = {"id": "text", "public_half": "text", "sealed_half": "text"}
_ADD = statement(
    "INSERT INTO mainstay_internal.signing_key (id, public_half, sealed_half, signs_from) VALUES ($1, $2, $3, now())",
    types=_COLUMNS,
)
_SUCCEED = statement(
    "WITH gone AS (DELETE FROM mainstay_internal.signing_key AS one WHERE EXISTS (SELECT FROM"
    " mainstay_internal.signing_key AS newer WHERE newer.signs_from > one.signs_from"
    " AND newer.signs_from < now() - make_interval(secs => $5)))"
    " INSERT INTO mainstay_internal.signing_key (id, public_half, sealed_half, signs_from)"
    " VALUES ($1, $2, $3, now() + make_interval(secs => $4))",
    types={**_COLUMNS, "signs_in_seconds": "double precision", "superseded_seconds": "double precision"},
)
_REPLACE = statement(
    "WITH gone AS (DELETE FROM mainstay_internal.signing_key)"
    " INSERT INTO mainstay_internal.signing_key (id, public_half, sealed_half, signs_from) VALUES ($1, $2, $3, now())",
    types=_COLUMNS,
)


class SigningKeyTable:
    """The signing keys of a database. Each method raises what its runner raises."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    async def valid(self) -> list[StoredSigningKey]:
        """The keys whose tokens may still be alive, and those that will sign; the one that signs last is last."""
        (row,) = await self._runner.run(_LIST, (SUPERSEDED_SECONDS,), operation="list_signing_keys")
        if not isinstance(row[0], bytes):
            raise Bug
        return _KEYS.validate_json(row[0])

    async def add(self, key: StoredSigningKey) -> None:
        """Store a new key, which signs at once."""
        await self._runner.run(_ADD, _halves(key), operation="add_signing_key")

    async def succeed(self, key: StoredSigningKey, *, signs_in_seconds: float) -> None:
        """Store the next key, which signs from then on; let go of those that nothing alive is signed with."""
        values = (*_halves(key), signs_in_seconds, SUPERSEDED_SECONDS)
        await self._runner.run(_SUCCEED, values, operation="succeed_signing_key")

    async def replace(self, key: StoredSigningKey) -> None:
        """Put a key in the place of all others: nothing they signed is taken any longer."""
        await self._runner.run(_REPLACE, _halves(key), operation="replace_signing_keys")


def _halves(key: StoredSigningKey) -> tuple[str, str, str]:
    return key.id, key.public_half, key.sealed_half
