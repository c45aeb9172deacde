"""How a PATCH changes a record: in one statement where that will do, else read, merged and written."""

from dataclasses import replace

from middleware.errors import PreconditionFailed
from middleware.inbound.idempotency import RequestKey
from server.requests.conditions import Tags
from server.requests.record_input import Patch, RecordInput
from server.requests.record_requests import ReplaceRequest, UpdateRequest
from storage.kept_answers import KeptAnswer, once
from storage.listing import WHOLE, Rendered
from storage.records import Records
from storage.runner import Runner, TransactionRunner


class RecordChanges:
    """Makes the changes that PATCH requests to one resource ask for."""

    def __init__(self, record_input: RecordInput, *, runner: TransactionRunner) -> None:
        self._input = record_input
        self._runner = runner

    async def change(self, asked: UpdateRequest, records: Records, *, key: RequestKey | None) -> Rendered:
        """The changed record; with a request's key, what it was changed to when that was first asked."""
        if key is None:
            return await (self._merge(asked, records) if asked.patch.merges else self._set(asked, records))
        if not asked.patch.merges and asked.patch.values and _names_one_tag(asked.expected):
            return await self._set(asked, records.named(key))
        return await self._change_once(asked, records, key=key)

    async def replace(self, asked: ReplaceRequest, records: Records) -> Rendered:
        """The record with every field set that the caller may set."""
        if isinstance(asked.content, Patch):
            return await self._merge(
                UpdateRequest(key=asked.key, patch=asked.content, expected=asked.expected), records
            )
        tag = await expected_tag(asked.key, asked.expected, records=records)
        return await records.replace(asked.key, asked.content, etag=tag)

    async def _change_once(self, asked: UpdateRequest, records: Records, *, key: RequestKey) -> Rendered:
        """What takes several statements is done, and its answer kept, in one transaction."""

        async def work(runner: Runner) -> KeptAnswer:
            here = replace(records, runner=runner)
            made = await (self._merge_locked(asked, here) if asked.patch.merges else self._set(asked, here))
            return KeptAnswer(body=made.body, etag=made.etag, record_key=made.key)

        kept = await once(self._runner, key, work=work, table=records.table.type.table)
        return Rendered(body=kept.body, etag=kept.etag, key=kept.record_key, is_replayed=kept.is_replayed)

    async def _set(self, asked: UpdateRequest, records: Records) -> Rendered:
        """Set what the patch names, whatever the rest is."""
        tag = await expected_tag(asked.key, asked.expected, records=records)
        if not asked.patch.values:
            return _still(await records.read(asked.key), tag)
        return await records.change(asked.key, asked.patch.values, etag=tag)

    async def _merge(self, asked: UpdateRequest, records: Records) -> Rendered:
        """Read, merge, and write only what was read; where somebody was faster, again with the record locked."""
        try:
            return await self._merge_into(asked, records)
        except PreconditionFailed:
            if asked.expected is not None and not asked.expected.any:
                raise
        async with self._runner.transaction(operation="update") as runner:
            return await self._merge_locked(asked, replace(records, runner=runner))

    async def _merge_locked(self, asked: UpdateRequest, records: Records) -> Rendered:
        return await self._merge_into(asked, records, locked=True)

    async def _merge_into(self, asked: UpdateRequest, records: Records, *, locked: bool = False) -> Rendered:
        current = await records.read(asked.key, WHOLE, locked=locked)
        if asked.expected is not None:
            asked.expected.expected(current.etag)
        values = self._input.merged(asked.patch, records.table.opened(current.body))
        return await records.change(asked.key, values, etag=current.etag)


async def expected_tag(key: str, expected: Tags | None, *, records: Records) -> str | None:
    """The one tag a change must find, if any. Of several that a caller names, the one the record bears now."""
    if expected is None or expected.any:
        return None
    if len(expected.named) == 1:
        return expected.named[0]
    return expected.expected((await records.read(key)).etag)


def _names_one_tag(expected: Tags | None) -> bool:
    return expected is None or expected.any or len(expected.named) == 1


def _still(current: Rendered, tag: str | None) -> Rendered:
    """The record, if it bears this tag where one is expected."""
    if tag is not None:
        Tags((tag,)).expected(current.etag)
    return current
