"""That a person's data was shown or erased, remembered without the person: under a keyed digest of its name."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Literal

from pydantic import TypeAdapter

from storage.postgres.statement import statement
from storage.runner import Runner

RequestKind = Literal["export", "erase"]
_DIGEST_BYTES = 32
_KEY_BYTES_AT_MOST = 64

_ADD = statement(
    "INSERT INTO mainstay_internal.subject_request (kind, subject_digest, done_by, rows)"
    " VALUES ($1, decode($2, 'hex'), $3, $4)",
    types={"kind": "text", "subject_digest": "text", "done_by": "text", "rows": "jsonb"},
)
_LIST = statement(
    "SELECT COALESCE(json_agg(json_build_object('kind', kind, 'done_at', done_at, 'done_by', done_by, 'rows', rows)"
    " ORDER BY done_at), '[]')::text FROM mainstay_internal.subject_request WHERE subject_digest = decode($1, 'hex')",
    types={"subject_digest": "text"},
    writes=False,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SubjectRequest:
    """One that was done: what, when, by whom, and how many rows of each table it was about."""

    kind: RequestKind
    done_at: datetime
    done_by: str
    rows: dict[str, int]


_REQUESTS = TypeAdapter(list[SubjectRequest])


class SubjectRequests:
    """The requests of a database; `secret` is its service's, so that nobody else finds a person by trying names."""

    def __init__(self, runner: Runner, *, secret: bytes) -> None:
        self._runner = runner
        self._secret = secret[:_KEY_BYTES_AT_MOST]

    async def add(self, kind: RequestKind, person: str, *, done_by: str, rows: Mapping[str, int]) -> None:
        """Remember that it was done."""
        values = {"kind": kind, "subject_digest": self._digest(person), "done_by": done_by, "rows": json.dumps(rows)}
        await self._runner.run(_ADD, _ADD.bind(values), operation="add_subject_request")

    async def of(self, person: str) -> Sequence[SubjectRequest]:
        """Those about a person, oldest first."""
        (row,) = await self._runner.run(_LIST, (self._digest(person),), operation="list_subject_requests")
        return _REQUESTS.validate_json(row[0])

    def _digest(self, person: str) -> str:
        return blake2b(person.encode(), digest_size=_DIGEST_BYTES, key=self._secret).hexdigest()
