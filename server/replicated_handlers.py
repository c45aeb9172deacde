"""The handlers of a resource that replicas may answer for: reads go to one that will do, and tell who answered."""

import math
from collections.abc import Mapping

from aiohttp import hdrs, web

from middleware.errors import NotFound
from middleware.inbound.validate import input_of
from server.cache_headers import CACHE_STATUS
from server.callers_records import CallersRecords
from server.read_after import read_wish_of
from server.record_handlers import RecordHandlers
from server.requests.record_requests import ReadRequest, RecordRequests
from server.service import Resource
from storage.listing import Listing
from storage.replicas.replica_reads import PRIMARY_ALONE, ReplicaReading, ReplicaReads, Routed
from storage.runner import TransactionRunner
from telemetry.events import ReplicaResult

_NAME = "postgres-replica"

_WHY_NOT: Mapping[ReplicaResult, str] = {
    "requested": "fwd=request",
    "behind": "fwd=stale; detail=behind",
    "late": "fwd=stale; detail=late",
    "away": "fwd=bypass; detail=away",
    "failed": "fwd=bypass; detail=failed",
}
"""Why the primary was asked, in the words of RFC 9211 §2.2."""


class ReplicatedHandlers(RecordHandlers):
    """The same handlers; `reads` knows the replicas."""

    def __init__(
        self,
        resource: Resource,
        records: CallersRecords,
        *,
        requests: RecordRequests,
        runner: TransactionRunner,
        reads: ReplicaReads,
    ) -> None:
        super().__init__(resource, records, requests=requests, runner=runner)
        self._reads = reads

    async def list(self, request: web.Request) -> web.Response:
        """One page."""
        listing = input_of(request, Listing)
        reading = self._reads.reading(read_wish_of(request))
        page = await self._records.of(request, "list").through(reading).page(listing)
        response = self._page(request, listing, page=page)
        response.add(self._headers(reading))
        return response

    async def read(self, request: web.Request) -> web.Response:
        """One record, or 304 where the caller has it.

        A record a replica does not have may just have been made: the primary is asked before its caller is told so.
        """
        asked, records = input_of(request, ReadRequest), self._records.of(request, "read")
        # Whether a record is still the one that If-Match expects only the primary knows.
        reading = self._reads.reading(read_wish_of(request) if asked.expected is None else PRIMARY_ALONE)
        try:
            found = await records.through(reading).read(asked.key, asked.shape)
        except NotFound:
            if not reading.is_from_replica:
                raise
            reading = self._reads.reading(PRIMARY_ALONE)
            found = await records.through(reading).read(asked.key, asked.shape)
        heads, told = self._heads[self._sharing(request)], self._headers(reading)
        return self._shown(asked, found, whole=records.whole, heads=heads, told=told)

    def _headers(self, reading: ReplicaReading) -> dict[str, str]:
        """How old the answer is, and from whom: a replica is a cache of the primary, and Cache-Status has the words."""
        routed = reading.routed
        if routed is None:
            return {}
        if routed.result in _WHY_NOT:
            return {CACHE_STATUS: f"{_NAME}; {_WHY_NOT[routed.result]}"}
        return {CACHE_STATUS: f"{_NAME}; {self._freshness(routed)}", hdrs.AGE: str(int(routed.age_seconds))}

    def _freshness(self, routed: Routed) -> str:
        left = math.floor(self._reads.bounds.age_seconds - routed.age_seconds)
        return f"hit; ttl={left}{'; detail=stale-if-error' if routed.result == 'stale' else ''}"
