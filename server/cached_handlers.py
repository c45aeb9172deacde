"""The handlers of a resource that is cached: reads go through the cache and tell what became of it."""

from aiohttp import hdrs, web

from middleware.errors import NotFound
from middleware.inbound.ready_answer import ReadyAnswer
from middleware.inbound.validate import input_of
from server.cache_headers import CacheHeaders, Sharing
from server.callers_records import CallersRecords
from server.record_handlers import RecordHandlers
from server.requests.cache_wishes import wish_of
from server.requests.record_requests import ReadRequest, RecordRequests
from server.service import Resource
from storage.cache.answered import FRESH
from storage.cache.cache_policy import CachePolicy
from storage.cache.cached_reads import CachedReads, Reading
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

    async def list(self, request: web.Request) -> web.Response:
        """One page."""
        listing = input_of(request, Listing)
        reading = self._reads.reading(wish_of(request))
        page = await self._records.of(request, "list").through(reading).page(listing)
        return self._marked(request, self._page(request, listing, page=page), reading=reading)

    async def read(self, request: web.Request) -> web.Response:
        """One record, or 304 where the caller has it."""
        asked, records = input_of(request, ReadRequest), self._records.of(request, "read")
        # Whether a record is still the one that If-Match expects only the database knows (RFC 9111 §4.3.2).
        reading = self._reads.reading(wish_of(request) if asked.expected is None else FRESH)
        try:
            found = records.answered(await reading.run(*records.question(asked.key, asked.shape), operation="read"))
        except NotFound as missing:
            if reading.answered is not None:
                missing.headers |= self._headers_for(request).of(reading.answered)
            raise
        return self._marked(request, self._shown(request, asked, found=found, whole=records.whole), reading=reading)

    def _marked(self, request: web.Request, response: ReadyAnswer, *, reading: Reading) -> web.Response:
        answered = reading.answered
        if answered is not None:
            ours = self._headers_for(request)
            response.add({**ours.of(answered), hdrs.CACHE_CONTROL: ours.control(answered)})
        return response

    def _headers_for(self, request: web.Request) -> CacheHeaders:
        return self._headers[self._sharing(request)]


def policy_of(resource: Resource) -> CachePolicy:
    """How the resource is cached."""
    return CachePolicy(fresh_seconds=resource.cache_seconds)
