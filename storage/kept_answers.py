"""What requests that may be repeated were answered, kept in Postgres together with what they did."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import orjson

from middleware.errors import Elapsed, KeyInFlight, KeyReused, OutcomeUnknown, Unavailable
from middleware.inbound.idempotency import RequestKey
from storage.postgres.keyed import (
    expire_statement,
    find_statement,
    keep_statement,
    key_parameters,
)
from storage.postgres.statement import Parameter
from storage.runner import Runner, TransactionRunner

EXPIRE_AT_ONCE = 1_000
"""Answers let go in one statement: a few milliseconds, so that nothing waits for it."""

LOOKS = 2
"""The first may see the answers as they were before it got the lock; the second sees all there are."""

_SECONDS_PER_HOUR = 3_600


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAnswer:
    """An answer as it was given; of a record's, `etag` and `record_key`, of any other, status and headers.

    `is_replayed` where it was given before.
    """

    body: bytes
    etag: str = ""
    record_key: str = ""
    status: int = 200
    headers: Sequence[tuple[str, str]] = ()
    is_replayed: bool = False


async def kept_answer(runner: Runner, key: RequestKey, *, table: str = "") -> KeptAnswer | None:
    """What the request was answered before; None where it was not.

    `table` is where it writes, if it writes one record: whoever made it may not have lived to say that it is written.
    Within a transaction nobody else can then do it before the transaction ends. Raises KeyReused where the key came
    with another request, and KeyInFlight where somebody is at it.
    """
    find = find_statement(table)
    rows = await runner.run(find, find.bind(key_parameters(key)), operation="find_answer")
    is_free, fingerprint, status, headers, body, etag, record_key = rows[0]
    if fingerprint is None:
        if not is_free:
            raise KeyInFlight
        return None
    if fingerprint.decode() != key.fingerprint:
        raise KeyReused
    return KeptAnswer(
        body=bytes.fromhex(body.decode()),
        etag=etag.decode(),
        record_key=record_key.decode(),
        status=status,
        headers=[(name, value) for name, value in orjson.loads(headers)],
        is_replayed=True,
    )


async def once(
    runner: TransactionRunner,
    key: RequestKey,
    *,
    work: Callable[[TransactionRunner], Awaitable[KeptAnswer]],
    table: str = "",
) -> KeptAnswer:
    """Do the work in one transaction with the keeping of its answer; answer a repeat with what was kept.

    `table` is as in `kept_answer`.

    Raises what the work raises, and then nothing of it has been done or kept; what `kept_answer` raises; and
    OutcomeUnknown where the answer to the commit was lost and cannot be found: the work is not done again here.
    """
    try:
        async with runner.transaction(operation="keyed") as transaction:
            for _ in range(LOOKS):
                found = await kept_answer(transaction, key, table=table)
                if found is not None:
                    return found
            answer = await work(transaction)
            keep = keep_statement()
            values = {**key_parameters(key), **_as_parameters(answer)}
            await transaction.run(keep, keep.bind(values), operation="keep_answer")
            return answer
    except OutcomeUnknown:  # of the commit
        with suppress(Unavailable, Elapsed):
            found = await kept_answer(runner, key, table=table)
            if found is not None:
                return found
        raise


async def expire_answers(runner: Runner, *, older_than_hours: float) -> int:
    """Let go of some of the answers kept longer ago; how many. Two replicas never work on the same."""
    expire = expire_statement()
    values = {"seconds": older_than_hours * _SECONDS_PER_HOUR, "rows": EXPIRE_AT_ONCE}
    rows = await runner.run(expire, expire.bind(values), operation="expire_answers")
    expired: int = rows[0][0]
    return expired


def _as_parameters(answer: KeptAnswer) -> Mapping[str, Parameter]:
    return {
        "status": answer.status,
        "headers": orjson.dumps(answer.headers).decode(),
        "body": answer.body.hex(),
        "etag": answer.etag,
        "record_key": answer.record_key,
    }
