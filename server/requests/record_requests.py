"""What each request to a resource brings, read and checked before any storage call."""

from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar
from urllib.parse import unquote_to_bytes

from aiohttp import web

from middleware.errors import Fault, NotFound
from server.identity.callers_access import CallersAccess
from server.requests.conditions import Tags, creates_only, if_match, if_none_match, refuse_if_none_match
from server.requests.filter_values import ValueRefused, key_text
from server.requests.list_query import QueryReader
from server.requests.negotiation import JSON_TYPES, PATCH_TYPES, OrLater, of_body, require_acceptable
from server.requests.query_string import Reading, read_parameters
from server.requests.record_input import Patch, RecordInput
from server.service import Action
from storage.listing import Listing, Shape
from storage.model import Model
from storage.record_type import RecordType
from storage.storable import text_faults
from telemetry.frozen import frozen

T = TypeVar("T")

_READERS_KEPT = 64
"""One for each set of fields that callers may see."""


@frozen
class ReadRequest:
    """One record, shown in a shape; only if it is one the caller expects, and unless it is one the caller has."""

    key: str
    shape: Shape
    expected: Tags | None
    known: Tags | None


@frozen
class CreateRequest:
    """A new record."""

    content: Model


@frozen
class ReplaceRequest:
    """The whole record at a key; `creates` where there must be none yet. A patch where some of it stays as it is."""

    key: str
    content: Model | Patch
    expected: Tags | None
    creates: bool


@frozen
class UpdateRequest:
    """Changes to the record at a key."""

    key: str
    patch: Patch
    expected: Tags | None


@frozen
class DeleteRequest:
    """The end of the record at a key."""

    key: str
    expected: Tags | None


class RecordRequests:
    """Reads the requests of one resource; every method raises a Problem with all faults at once."""

    def __init__(
        self, record_type: RecordType, reader: QueryReader, *, access: CallersAccess, maximum_body_bytes: int
    ) -> None:
        self._type = record_type
        self.reader = reader
        self._reader_without = lru_cache(maxsize=_READERS_KEPT)(reader.without)
        self._access = access
        self._maximum_body_bytes = maximum_body_bytes
        self.input = RecordInput(record_type)

    def list(self, request: web.Request) -> Listing:
        """The question a list is asked."""
        require_acceptable(request)
        return self._reader(request, "list").listing(query_of(request), count=_asks_for_count(request))

    def read(self, request: web.Request) -> ReadRequest:
        """The record a read asks for."""
        require_acceptable(request)
        return ReadRequest(
            key=self._key(request),
            shape=self._reader(request, "read").shape(query_of(request)),
            expected=if_match(request.headers),
            known=if_none_match(request.headers),
        )

    def create(self, request: web.Request) -> OrLater[CreateRequest]:
        """The record a POST describes."""
        self._plain(request)
        fixed = self._access.to_fields(request, "create").fixed

        def read(raw: bytes) -> CreateRequest:
            return CreateRequest(content=self.input.new(raw, fixed=fixed))

        return self._of_body(request, JSON_TYPES, read=read)

    def replace(self, request: web.Request) -> OrLater[ReplaceRequest]:
        """The record a PUT describes."""
        self._plain(request)
        key, creates = self._key(request), creates_only(request.headers)
        access = self._access.to_fields(request, "replace")
        kept = frozenset() if creates else access.fixed | access.once

        def read(raw: bytes) -> ReplaceRequest:
            whole = self.input.replacement(raw, kept=kept) if kept else self.input.whole(raw, key, fixed=access.fixed)
            return ReplaceRequest(key=key, content=whole, expected=if_match(request.headers), creates=creates)

        return self._of_body(request, JSON_TYPES, read=read)

    def update(self, request: web.Request) -> OrLater[UpdateRequest]:
        """The changes a PATCH describes."""
        self._plain(request)
        refuse_if_none_match(request.headers)
        access, key = self._access.to_fields(request, "update"), self._key(request)

        def read(raw: bytes) -> UpdateRequest:
            patch = self.input.patch(raw, kept=access.fixed | access.once)
            return UpdateRequest(key=key, patch=patch, expected=if_match(request.headers))

        return self._of_body(request, PATCH_TYPES, read=read)

    def delete(self, request: web.Request) -> DeleteRequest:
        """The record a DELETE names."""
        self._plain(request)
        refuse_if_none_match(request.headers)
        return DeleteRequest(key=self._key(request), expected=if_match(request.headers))

    def _reader(self, request: web.Request, action: Action) -> QueryReader:
        if action in self._access.of_whole_records:
            return self.reader
        return self.reader_for(self._access.to_fields(request, action).hidden)

    def reader_for(self, hidden: frozenset[str]) -> QueryReader:
        """The reader for callers from whom these fields are hidden."""
        return self._reader_without(hidden) if hidden else self.reader

    def _plain(self, request: web.Request) -> None:
        require_acceptable(request)
        refuse_query(request)

    def _key(self, request: web.Request) -> str:
        return key_in_path(request, self._type)

    def _of_body(self, request: web.Request, media_types: tuple[str, ...], *, read: Callable[[bytes], T]) -> OrLater[T]:
        return of_body(request, media_types, maximum_bytes=self._maximum_body_bytes, read=read)


def key_in_path(request: web.Request, record_type: RecordType, *, parameter: str = "") -> str:
    """The key in the path; raises NotFound for one that no record of this type can have."""
    name = parameter or record_type.key.name
    text = text_in_path(request, name)
    try:
        return key_text(record_type.key, text)
    except ValueRefused as refused:
        detail = f"There is no {record_type.name} with this key: it is {refused}."
        raise _no_such_address(detail, Fault(code=refused.code, detail=str(refused), parameter=name)) from refused


def text_in_path(request: web.Request, parameter: str) -> str:
    """A parameter of the path; raises NotFound for what is no text, which aiohttp hands on half decoded."""
    text, target = request.match_info[parameter], request.raw_path
    if target.isascii() and text.isprintable() and "%" not in target:
        return text  # what nearly all are; nothing was decoded
    raw = request.rel_url.raw_path
    try:
        if "%" in raw or not raw.isascii():
            unquote_to_bytes(raw).decode()
    except UnicodeError as error:
        fault = Fault(code="invalid_unicode", detail="percent-encoded text is UTF-8", parameter=parameter)
        raise _no_such_address("The address is not UTF-8.", fault) from error
    for code, detail in text_faults(text):
        raise _no_such_address(
            f"Nothing has this address: {detail}.", Fault(code=code, detail=detail, parameter=parameter)
        )
    return text


def query_of(request: web.Request) -> str:
    """The query string as it was sent."""
    return request.rel_url.raw_query_string if "?" in request.raw_path else ""


def refuse_query(request: web.Request) -> None:
    """Raise Malformed where a request that takes no parameters has some."""
    if "?" not in request.raw_path:  # as of nearly all
        return
    raw = query_of(request)
    if not raw:
        return
    reading = Reading()
    for name in read_parameters(raw, reading):
        reading.refuse(name, "unknown_parameter", detail="this takes no parameters")
    reading.end()


def _no_such_address(detail: str, fault: Fault) -> NotFound:
    return NotFound(detail, faults=[fault])


def _asks_for_count(request: web.Request) -> bool:
    """RFC 7240: a preference nobody knows is ignored."""
    return any(
        one.partition(";")[0].strip().replace('"', "").lower() == "count=exact"
        for header in request.headers.getall("Prefer", ())
        for one in header.split(",")
    )
