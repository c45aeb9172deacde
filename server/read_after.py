"""Reading one's own writes from replicas: a write's answer tells a position, and a read brings it back."""

from collections.abc import Sequence
from dataclasses import replace

from aiohttp import hdrs, web
from multidict import istr

from middleware.errors import Conflict, Fault, Malformed, NotFound, PreconditionFailed
from server.address import Address, Handle
from server.requests.cache_wishes import wish_of
from storage.replicas.position import Position, position_of
from storage.replicas.replica_reads import ANY_REPLICA, ReadWish
from storage.replicas.write_positions import WritePositions

READ_AFTER = istr("Mainstay-Read-After")

_SAFE_METHODS = frozenset({hdrs.METH_GET, hdrs.METH_HEAD, hdrs.METH_OPTIONS})


def told_after_writes(addresses: Sequence[Address], positions: WritePositions | None) -> Sequence[Address]:
    """The addresses; answers of those that write tell what a replica must have to show no less than they do."""
    if positions is None:
        return addresses
    return [
        address if address.method in _SAFE_METHODS else replace(address, handle=_telling(address.handle, positions))
        for address in addresses
    ]


def read_wish_of(request: web.Request) -> ReadWish:
    """What a read asks for with Mainstay-Read-After and Cache-Control; raises Malformed."""
    after = _after(request)
    age_seconds = wish_of(request).age_seconds
    if after is None and age_seconds == ANY_REPLICA.age_seconds:
        return ANY_REPLICA
    return ReadWish(after=after, age_seconds=age_seconds)


def _telling(handle: Handle, positions: WritePositions) -> Handle:
    """A refusal for the stored state tells it too: whoever now reads that state shall find the one refused for."""

    async def handle_and_tell(request: web.Request) -> web.StreamResponse:
        try:
            response = await handle(request)
        except (NotFound, Conflict, PreconditionFailed) as refusal:
            refusal.headers |= await _told(positions)
            raise
        if response.status < web.HTTPMultipleChoices.status_code and not response.prepared:
            response.headers.update(await _told(positions))
        return response

    return handle_and_tell


async def _told(positions: WritePositions) -> dict[str, str]:
    position = await positions.now()
    return {} if position is None else {READ_AFTER: position.token}


def _after(request: web.Request) -> Position | None:
    tokens = request.headers.getall(READ_AFTER, None)
    if tokens is None:
        return None
    try:
        found = [position_of(token.strip()) for line in tokens for token in line.split(",")]
    except ValueError as error:
        fault = Fault(code="read_after_invalid", detail="send what a write's answer had in it", header=READ_AFTER)
        raise Malformed(f"The {READ_AFTER} header cannot be read.", faults=[fault]) from error
    return max(found, key=lambda position: (position.timeline, position.place))
