"""What a resource does with a request: each handler gets checked input and answers with Postgres's own JSON."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import parse_qsl, quote, urlencode

from aiohttp import hdrs, web

from middleware.inbound.idempotency import IDEMPOTENT_REPLAYED, REQUEST_KEY
from middleware.inbound.ready_answer import ReadyAnswer, SharedHeaders
from middleware.inbound.validate import input_of
from server.cache_headers import Sharing
from server.callers_records import CallersRecords
from server.record_changes import RecordChanges, expected_tag
from server.requests.record_requests import (
    CreateRequest,
    DeleteRequest,
    ReadRequest,
    RecordRequests,
    ReplaceRequest,
    UpdateRequest,
    query_of,
)
from server.service import Resource
from storage.listing import Listing, Page, Rendered, Shape
from storage.model import Model
from storage.runner import TransactionRunner

JSON = "application/json"
_PUBLIC, _PRIVATE = Sharing.PUBLIC, Sharing.PRIVATE
_REVALIDATED = {sharing: f"{sharing}, no-cache" for sharing in Sharing}
"""Cache-Control of what may be kept, and is asked about each time."""
_WRITTEN_AS_READ = re.compile(r"[\w.~=&-]+", re.ASCII)
"""A query in which nothing is escaped: to take it apart and put it together again gives the same, after 4 µs."""


NOTHING_TOLD: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Heads:
    """What answers about one record have in common, with it and without."""

    record: SharedHeaders
    unchanged: SharedHeaders


class RecordHandlers:
    """The handlers of one resource."""

    def __init__(
        self, resource: Resource, records: CallersRecords, *, requests: RecordRequests, runner: TransactionRunner
    ) -> None:
        self._resource = resource
        self._records = records
        self._requests = requests
        self._changes = RecordChanges(requests.input, runner=runner)
        self._differ = records.differ
        self._cache_control = _REVALIDATED[_PRIVATE if records.differ else _PUBLIC]
        self._is_plain_key = records.key_kind in ("uuid", "integer")  # as an address has it
        self._vary = "Accept, Authorization" if records.differ else "Accept"
        self._heads = {sharing: self._heads_with(_REVALIDATED[sharing]) for sharing in Sharing}

    async def list(self, request: web.Request) -> web.Response:
        """One page."""
        listing = input_of(request, Listing)
        return self._page(request, listing, page=await self._records.of(request, "list").page(listing))

    async def read(self, request: web.Request) -> web.Response:
        """One record, or 304 where the caller has it."""
        asked = input_of(request, ReadRequest)
        records = self._records.of(request, "read")
        found = await records.read(asked.key, asked.shape)
        return self._shown(asked, found, whole=records.whole, heads=self._heads[self._sharing(request)])

    async def create(self, request: web.Request) -> web.Response:
        """A new record."""
        record = input_of(request, CreateRequest).content
        records, key = self._records.of(request, "create"), request.get(REQUEST_KEY)
        return self._created(await (records if key is None else records.named(key)).create(record))

    async def replace(self, request: web.Request) -> web.Response:
        """The whole record anew, or a new one under this key."""
        asked, records = input_of(request, ReplaceRequest), self._records.of(request, "replace")
        if asked.creates and isinstance(asked.content, Model):
            return self._created(await records.create_at(asked.key, asked.content))
        return self._answer(await self._changes.replace(asked, records))

    async def update(self, request: web.Request) -> web.Response:
        """Some fields changed."""
        asked, records = input_of(request, UpdateRequest), self._records.of(request, "update")
        return self._answer(await self._changes.change(asked, records, key=request.get(REQUEST_KEY)))

    async def delete(self, request: web.Request) -> web.Response:
        """The record removed."""
        asked, records = input_of(request, DeleteRequest), self._records.of(request, "delete")
        tag = await expected_tag(asked.key, asked.expected, records=records)
        await records.delete(asked.key, etag=tag)
        return web.Response(status=204)

    def _page(self, request: web.Request, listing: Listing, *, page: Page) -> ReadyAnswer:
        headers: dict[str, str] = {
            hdrs.CONTENT_TYPE: JSON,
            hdrs.CACHE_CONTROL: _REVALIDATED[self._sharing(request)],
            hdrs.VARY: f"{self._vary}, Prefer",
        }
        following = b"null"
        if page.after is not None:
            cursor = self._requests.reader.cursor(listing, page.after)
            following = b'"%b"' % cursor.encode()
            headers[hdrs.LINK] = f'<{_with_cursor(request, cursor)}>; rel="next"'
        total = b""
        if page.total is not None:
            total = b',"total":%d' % page.total
            headers["Preference-Applied"] = "count=exact"
        body = b"".join((b'{"items":[', self._records.opened(page.items), b'],"next":', following, total, b"}"))
        return ReadyAnswer(body, headers=headers)

    def _shown(
        self, asked: ReadRequest, found: Rendered, *, whole: Shape, heads: Heads, told: Mapping[str, str] = NOTHING_TOLD
    ) -> ReadyAnswer:
        """The record, and what is `told` of its answer besides."""
        tag = found.etag if asked.shape is whole or asked.shape == whole else _tag_of(found.body)
        if asked.expected is not None:
            asked.expected.expected(tag)
        if asked.known is not None and asked.known.admits(tag):
            return ReadyAnswer(b"", status=304, headers={hdrs.ETAG: f'"{tag}"', **told}, shared=heads.unchanged)
        headers: dict[str, str] = {hdrs.ETAG: f'"{tag}"', **told}
        return ReadyAnswer(self._records.opened(found.body), headers=headers, shared=heads.record)

    def _heads_with(self, control: str) -> Heads:
        """Those of answers about one record with this Cache-Control."""
        unchanged: dict[str, str] = {hdrs.CACHE_CONTROL: control, hdrs.VARY: self._vary}
        record: dict[str, str] = {hdrs.CONTENT_TYPE: JSON, **unchanged}
        return Heads(record=SharedHeaders(record), unchanged=SharedHeaders(unchanged))

    def _sharing(self, request: web.Request) -> Sharing:
        """Who may keep what this request is shown: any cache what everybody may see, else the caller's own.

        Where answers differ by caller, what one without credentials is shown may be kept for all others without: it
        varies with Authorization, so a cache gives it to no request that bears one (RFC 9111, 3.5 and 4.1). One that
        heeds no Vary would show somebody too little, and nobody too much.
        """
        return _PRIVATE if self._differ and hdrs.AUTHORIZATION in request.headers else _PUBLIC

    def _created(self, made: Rendered) -> web.Response:
        location = f"{self._resource.path}/{made.key if self._is_plain_key else quote(made.key, safe='')}"
        return self._answer(made, status=201, location=location)

    def _answer(self, record: Rendered, *, status: int = 200, location: str = "") -> web.Response:
        headers: dict[str, str] = {
            hdrs.CONTENT_TYPE: JSON,
            hdrs.ETAG: f'"{record.etag}"',
            hdrs.CACHE_CONTROL: self._cache_control,
        }
        if location:
            headers[hdrs.LOCATION] = location
        if record.is_replayed:
            headers[IDEMPOTENT_REPLAYED] = "true"
        return ReadyAnswer(self._records.opened(record.body), status=status, headers=headers)


def _tag_of(body: bytes) -> str:
    """A part of a record, or one with others expanded, changes apart from the record's version: tag its bytes."""
    return hashlib.blake2b(body, digest_size=12).hexdigest()


def _with_cursor(request: web.Request, cursor: str) -> str:
    path, query = request.rel_url.raw_path, query_of(request)
    if not query:
        return f"{path}?cursor={cursor}"
    if "cursor" not in query and _WRITTEN_AS_READ.fullmatch(query):
        return f"{path}?{query}&cursor={cursor}"
    kept = [(name, value) for name, value in parse_qsl(query, keep_blank_values=True) if name != "cursor"]
    return f"{path}?{urlencode([*kept, ('cursor', cursor)])}"
