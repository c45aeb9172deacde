"""The handlers of a resource that is cached: reads go through the cache and tell what became of it."""

from aiohttp import hdrs, web

from middleware.errors import NotFound
from middleware.inbound.validate import input_of
from server.cache_headers import CacheHeaders, Sharing
from server.callers_records import CallersRecords
from server.record_handlers import RecordHandlers
from server.requests.cache_wishes import wish_of
from server.requests.record_requests import ReadRequest, RecordRequests
from server.service import Resource
from storage.cache.answered import FRESH
from storage.cache.cache_policy import CachePolicy
from storage.cache.cached_reads import CachedReads
from storage.listing import Listing
from storage.runner import TransactionRunner


class CachedHandlers(RecordHandlers):
    """The same handlers; `reads` is the resource's cache."""

    def __init__(
        self,
        resource: Resource,
        records: CallersRecords,
        *,
        requests: RecordRequests,
        runner: TransactionRunner,
        reads: CachedReads,
    ) -> None:
        super().__init__(resource, records, requests=requests, runner=runner)
        self._reads = reads
        self._headers = {sharing: CacheHeaders(sharing, policy_of(resource)) for sharing in Sharing}
        self._usual = {sharing: self._heads_with(headers.usual) for sharing, headers in self._headers.items()}
        self._spare = {sharing: self._heads_with(headers.spare) for sharing, headers in self._headers.items()}

    async def list(self, request: web.Request) -> web.Response:
        """One page."""
        listing, records = input_of(request, Listing), self._records.of(request, "list")
        statement, values = records.page_question(listing)
        answered = await self._reads.read(statement, values, operation="list", wish=wish_of(request))
        response = self._page(request, listing, page=records.page_answered(answered.rows, listing))
        ours = self._headers[self._sharing(request)]
        response.add({**ours.of(answered), hdrs.CACHE_CONTROL: ours.control(answered)})
        return response

    async def read(self, request: web.Request) -> web.Response:
        """One record, or 304 where the caller has it."""
        asked, records = input_of(request, ReadRequest), self._records.of(request, "read")
        # Whether a record is still the one that If-Match expects only the database knows (RFC 9111 §4.3.2).
        wish = wish_of(request) if asked.expected is None else FRESH
        statement, parameters = records.question(asked.key, asked.shape)
        answered = await self._reads.read(statement, parameters, operation="read", wish=wish)
        sharing = self._sharing(request)
        told = self._headers[sharing].of(answered)
        try:
            found = records.answered(answered.rows)
        except NotFound as missing:
            missing.headers |= told
            raise
        heads = (self._spare if answered.is_spare else self._usual)[sharing]
        return self._shown(asked, found, whole=records.whole, heads=heads, told=told)


def policy_of(resource: Resource) -> CachePolicy:
    """How the resource is cached."""
    return CachePolicy(fresh_seconds=resource.cache_seconds)
