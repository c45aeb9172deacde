"""What each request to a resource brings, read and checked before any storage call."""

from dataclasses import dataclass

from aiohttp import web

from middleware.errors import Fault, Malformed, NotFound
from server.conditions import Tags, creates_only, if_match, if_none_match
from server.filter_values import ValueRefused, key_text
from server.list_query import QueryReader, parsed
from server.negotiation import JSON_TYPES, PATCH_TYPES, read_body, require_acceptable
from server.record_input import Patch, RecordInput
from storage.listing import Listing, Shape
from storage.model import Model
from storage.record_type import RecordType


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadRequest:
    """One record, shown in a shape, unless the caller has it already."""

    key: str
    shape: Shape
    known: Tags | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplaceRequest:
    """The whole record at a key; `creates` where there must be none yet."""

    key: str
    record: Model
    expected: Tags | None
    creates: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateRequest:
    """Changes to the record at a key."""

    key: str
    patch: Patch
    expected: Tags | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteRequest:
    """The end of the record at a key."""

    key: str
    expected: Tags | None


class RecordRequests:
    """Reads the requests of one resource; every method raises a Problem with all faults at once."""

    def __init__(self, record_type: RecordType, reader: QueryReader, *, maximum_body_bytes: int) -> None:
        self._type = record_type
        self._reader = reader
        self._maximum_body_bytes = maximum_body_bytes
        self.input = RecordInput(record_type)

    async def list(self, request: web.Request) -> Listing:
        """The question a list is asked."""
        require_acceptable(request)
        return self._reader.listing(query_of(request), count=_asks_for_count(request))

    async def read(self, request: web.Request) -> ReadRequest:
        """The record a read asks for."""
        require_acceptable(request)
        shape = self._reader.shape(query_of(request))
        return ReadRequest(key=self._key(request), shape=shape, known=if_none_match(request.headers))

    async def create(self, request: web.Request) -> Model:
        """The record a POST describes."""
        self._plain(request)
        return self.input.new(await self._body(request, JSON_TYPES))

    async def replace(self, request: web.Request) -> ReplaceRequest:
        """The record a PUT describes."""
        self._plain(request)
        key = self._key(request)
        return ReplaceRequest(
            key=key,
            record=self.input.whole(await self._body(request, JSON_TYPES), key),
            expected=if_match(request.headers),
            creates=creates_only(request.headers),
        )

    async def update(self, request: web.Request) -> UpdateRequest:
        """The changes a PATCH describes."""
        self._plain(request)
        return UpdateRequest(
            key=self._key(request),
            patch=self.input.patch(await self._body(request, PATCH_TYPES)),
            expected=if_match(request.headers),
        )

    async def delete(self, request: web.Request) -> DeleteRequest:
        """The record a DELETE names."""
        self._plain(request)
        return DeleteRequest(key=self._key(request), expected=if_match(request.headers))

    def _plain(self, request: web.Request) -> None:
        require_acceptable(request)
        refuse_query(request)

    def _key(self, request: web.Request) -> str:
        return key_in_path(request, self._type)

    async def _body(self, request: web.Request, media_types: tuple[str, ...]) -> bytes:
        return await read_body(request, media_types, maximum_bytes=self._maximum_body_bytes)


def key_in_path(request: web.Request, record_type: RecordType, *, parameter: str = "") -> str:
    """The key in the path; raises NotFound for one that no record of this type can have."""
    try:
        return key_text(record_type.key, request.match_info[parameter or record_type.key.name])
    except ValueRefused as refused:
        raise NotFound(f"There is no {record_type.name} with this key: it is {refused}.") from refused


def query_of(request: web.Request) -> str:
    """The query string as it was sent."""
    return request.rel_url.raw_query_string


def refuse_query(request: web.Request) -> None:
    """Raise Malformed where a request that takes no parameters has some."""
    faults = [
        Fault(code="unknown_parameter", detail="this takes no parameters", parameter=one.name)
        for one in parsed(query_of(request))
    ]
    if faults:
        raise Malformed("The query has faults.", faults=faults)


def _asks_for_count(request: web.Request) -> bool:
    """RFC 7240: a preference nobody knows is ignored."""
    return any(
        one.partition(";")[0].strip().replace('"', "").lower() == "count=exact"
        for header in request.headers.getall("Prefer", ())
        for one in header.split(",")
    )
