"""Compares what callers were answered with what the bank's database holds."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from tests.acceptance.tellers import Answer, History, Write
from tests.integration.blocking_sql import rows

_ENTRIES = "SELECT reference, id::text, amount FROM entry"
_TRAIL = """
    WITH written AS (
        SELECT 'Account' AS record_type, id::text AS record_key, generate_series(1, version) AS record_version
        FROM account UNION ALL SELECT 'Entry', id::text, generate_series(1, version) FROM entry
    )
    SELECT record_type, record_key, record_version, count(written.*), count(noted.*)
    FROM written FULL JOIN mainstay_internal.audit_entry AS noted USING (record_type, record_key, record_version)
    GROUP BY record_type, record_key, record_version HAVING (count(written.*), count(noted.*)) <> (1, 1)
"""
_ACCOUNTS = "SELECT id::text, version, balance, remark, contact::jsonb ->> 'street' FROM account"


def contradictions(history: History, dsn: str) -> list[str]:
    """Where the database holds something else than the history says, in words; empty where nothing does.

    Each answered write is there once, as it was answered; one that was never answered is there once or not at all;
    there is nothing else. Each write is in the audit trail once, and the trail holds no other.
    """
    entries: defaultdict[str, list[tuple[str, int]]] = defaultdict(list)
    for reference, key, amount in rows(dsn, _ENTRIES):
        entries[reference].append((key, amount))
    return [*_about_entries(history, entries), *_about_accounts(history, dsn), *_about_trail(dsn)]


def _about_entries(history: History, stored: dict[str, list[tuple[str, int]]]) -> Iterator[str]:
    left = dict(stored)
    for write, answer in history.answered:
        reference = write.body.get("reference")
        if reference is not None:
            told = [(answer.record["id"], answer.record["amount"])]
            if left.pop(reference, []) != told:
                yield f"{reference}: answered {told}, stored {stored.get(reference)}"
    for write in history.unanswered:
        found = left.pop(write.body["reference"], [])
        if len(found) > 1:
            yield f"{write.body['reference']}: sent once, stored {found}"
    yield from (f"{reference}: never sent so, stored {found}" for reference, found in left.items())


def _about_accounts(history: History, dsn: str) -> Iterator[str]:
    stored = {key: tuple(rest) for key, *rest in rows(dsn, _ACCOUNTS)}
    told = _accounts_as_told(history)
    for key in sorted({*stored, *told}):
        if stored.get(key) != told.get(key):
            yield f"account {key}: answered {told.get(key)}, stored {stored.get(key)}"


def _about_trail(dsn: str) -> Iterator[str]:
    for name, key, version, written, noted in rows(dsn, _TRAIL):
        yield f"{name} {key}, version {version}: written {written} times, in the trail {noted} times"


def _accounts_as_told(history: History) -> dict[str, tuple[Any, ...]]:
    """Each account as its answers leave it: version, balance, remark, street."""
    versions: Counter[str] = Counter()
    balances: Counter[str] = Counter()
    words: dict[tuple[str, str], str] = {}
    for write, answer in history.answered:
        account = _account(write, answer)
        if account is None:
            continue
        versions[account] += 1
        balances[account] += write.body.get("amount", 0)
        if "remark" in write.body:
            words[account, "remark"] = write.body["remark"]
        if "contact" in write.body:
            words[account, "street"] = write.body["contact"]["street"]
    return {
        account: (times, balances[account], words.get((account, "remark"), ""), words.get((account, "street")))
        for account, times in versions.items()
    }


def _account(write: Write, answer: Answer) -> str | None:
    """Which account a write made, or changed."""
    if write.path == "/accounts":
        return str(answer.record["id"])
    return write.path.split("/")[2] if write.path.startswith("/accounts/") else None
