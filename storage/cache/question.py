"""What is asked of Postgres, as the name its answer is kept under."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import Any

from storage.postgres.statement import Statement
from telemetry.frozen import frozen

_NAME_BYTES = 16
"""128 bits: no two questions of a service share a name, and nobody can find one that would."""
_SERVICE_BYTES = 8
_KEY_BYTES_AT_MOST = 64
_NAMES_KEPT = 1_024
"""So many names of questions are kept: those about one record have one for all records, and the same lists are asked
for again and again."""
ANSWER = "answer"


@frozen
class Question:
    """Where an answer is kept in Redis.

    `keys` are first the hash that holds it, then the generations of the tables it shows; `name` is its field in
    the hash. A question about one record shares its hash with the others about that record. `watched` are the
    generations, one a table, that end with each write to what it shows.
    """

    place: str
    """What tells it from every other, without a digest: where its answer is kept in the process."""
    keys: tuple[str, ...]
    watched: tuple[str, ...]
    name: str
    tables: tuple[str, ...]
    key: str | None = None
    """The key of the one record asked about."""


def place_of(statement: Statement, parameters: Sequence[Any]) -> str:
    """The place of the question this statement asks with these parameters: all that decides its answer."""
    return f"{statement.name}{parameters!r}"


class Questions:
    """Names questions, keyed with the service's secret: services share a Redis, and it tells nobody what was asked.

    The statement's text and the values of its parameters are the whole of what decides an answer, the rows a caller
    may see included, which are among its conditions. So two callers share an answer exactly where Postgres would
    give them the same, and a new version of a service never reads what the old one kept.
    """

    def __init__(self, secret: bytes) -> None:
        self._secret = secret[:_KEY_BYTES_AT_MOST]
        self._named = lru_cache(maxsize=_NAMES_KEPT)(self._digest)
        # The braces keep all keys of a service in one slot of a cluster.
        self._prefix = f"mainstay:cache:{{{self._digest('service', size=_SERVICE_BYTES)}}}"
        self.everything = f"{self._prefix}:*"
        """The pattern of all that is kept for the service."""

    def of(self, statement: Statement, parameters: Sequence[Any]) -> Question:
        """The question a statement that reads asks with these parameters."""
        place, of_key = place_of(statement, parameters), statement.key_place
        if of_key is None:
            name = self._named(place)
            lists = tuple(map(self.lists_of, statement.tables))
            keys = (f"{self._prefix}:{name}", *lists)
            return Question(place=place, keys=keys, watched=lists, name=ANSWER, tables=statement.tables)
        (table,) = statement.tables
        key, others = str(parameters[of_key]), (*parameters[:of_key], *parameters[of_key + 1 :])
        return Question(
            place=place,
            keys=(self.record(table, key), self.records_of(table)),
            watched=(self.lists_of(table),),
            name=self._named(f"{statement.name}{others!r}"),
            tables=statement.tables,
            key=key,
        )

    def record(self, table: str, key: str) -> str:
        """The hash of the answers about one record."""
        return f"{self._prefix}:{table}:{self._digest(key)}"

    def lists_of(self, table: str) -> str:
        """The generation of what shows several records of a table: it ends with each write to the table."""
        return f"{self._prefix}:{table}:lists"

    def records_of(self, table: str) -> str:
        """The generation of all single records of a table: it ends when nobody can say which of them were written."""
        return f"{self._prefix}:{table}:records"

    def whole(self, tables: Iterable[str]) -> list[str]:
        """Every generation of these tables."""
        return [name for table in tables for name in (self.lists_of(table), self.records_of(table))]

    def lease(self, question: Question) -> str:
        """Says who reads the answer anew, so that others need not."""
        return f"{self._prefix}:lease:{self._digest(question.keys[0] + question.name)}"

    def _digest(self, text: str, *, size: int = _NAME_BYTES) -> str:
        return blake2b(text.encode(), digest_size=size, key=self._secret).hexdigest()
