"""The SQL that keeps a write's answer in the write's own statement, and does nothing where one is kept already.

    _claim: is the key free, and nothing kept under it?  ▸  the write, only then  ▸  _kept: its answer, if it wrote

A statement sees the rows as they were when it began, which may be before it got the lock; who was faster in between is
found by the key of the table, if not by a rule of the record's own, and the whole statement fails. So an answer is kept
once, with one effect.
"""

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from importlib.resources import files

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Select,
    String,
    Text,
    Uuid,
    bindparam,
    column,
    exists,
    func,
    insert,
    literal,
    select,
    table,
)

from middleware.inbound.idempotency import RequestKey
from storage.postgres.statement import Parameter, Statement, statement

NAME_CONSTRAINT = "kept_answer__name__key"

_NAME, _LOCK, _FINGERPRINT = "_request_name", "_request_lock", "_request_fingerprint"
_ANSWERS = table(
    "kept_answer",
    column("name", Uuid()),
    column("fingerprint", Uuid()),
    column("body"),
    column("etag", Text()),
    column("record_key", Text()),
    schema="mainstay_internal",
)


def key_parameters(key: RequestKey) -> Mapping[str, Parameter]:
    """The values of a keyed statement's own parameters; their names begin with `_`, as no field's does."""
    return {_NAME: key.name, _LOCK: key.lock, _FINGERPRINT: key.fingerprint}


def find_statement(table: str = "") -> Statement:
    """Locks a request and finds its answer: whether it was free, then the columns, null where there is none.

    `table` is where the request has written, if it writes one record; its key is the last of the columns.
    """
    find = _by_hand("find_answer.sql", ((_NAME, "uuid"), (_LOCK, "bigint")), writes=False)
    return replace(find, tables=(table,), returns_keys=True) if table else find


def keep_statement() -> Statement:
    """Keeps an answer, its body in hexadecimal."""
    texts = (("headers", "text"), ("body", "text"), ("etag", "text"), ("record_key", "text"))
    return _by_hand("keep_answer.sql", ((_NAME, "uuid"), (_FINGERPRINT, "uuid"), ("status", "smallint"), *texts))


def expire_statement() -> Statement:
    """Lets go of the oldest answers that are older than so many seconds, a number of them; how many."""
    return _by_hand("expire_answers.sql", (("seconds", "double precision"), ("rows", "bigint")))


def claim() -> CTE:
    """One row, `ok`: whether the write may be done."""
    name = bindparam(_NAME, type_=Uuid())
    kept = exists(select(literal(1)).where(_ANSWERS.c.name == name))
    is_free = func.pg_try_advisory_xact_lock(bindparam(_LOCK, type_=BigInteger()))
    return select((is_free & ~kept).label("ok")).cte("_claim")


def is_claimed(claimed: CTE) -> ColumnElement[bool]:
    """The condition on every row the write touches."""
    return select(claimed.c.ok).scalar_subquery()


def keeping(shown: CTE, query: Select[tuple[object, ...]]) -> Select[tuple[object, ...]]:
    """The query, which also keeps what `shown` (document, etag, record_key) shows."""
    answer = select(
        bindparam(_NAME, type_=Uuid()),
        bindparam(_FINGERPRINT, type_=Uuid()),
        func.convert_to(shown.c.document, literal("UTF8", String())),
        shown.c.etag,
        shown.c.record_key,
    )
    kept = insert(_ANSWERS).from_select(["name", "fingerprint", "body", "etag", "record_key"], answer)
    return query.add_cte(kept.cte("_kept"))


@cache
def _by_hand(file: str, types: tuple[tuple[str, str], ...], *, writes: bool = True) -> Statement:
    made = statement(files(__package__).joinpath(file).read_text(), types=dict(types), writes=writes)
    return replace(made, tables=(_ANSWERS.fullname,))
