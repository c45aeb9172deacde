"""Reads what an upstream answers, to its end and no more of it than allowed."""

from aiohttp import ClientResponse, hdrs

from middleware.errors import BadGateway
from server.upstreams.answer import Answer


async def whole_answer(response: ClientResponse, *, answer_bytes: int, refusal_bytes: int) -> Answer:
    """Read the answer; of one that is no 2xx the beginning is enough.

    Raises BadGateway for one that is too large, or packed though we said we take none that is: a few KiB of gzip can
    unpack to gigabytes. What the connection raises passes through.
    """
    answer = Answer(status=response.status, headers=response.headers, body=b"")
    limit = answer_bytes if answer.is_good else refusal_bytes
    is_packed = response.headers.get(hdrs.CONTENT_ENCODING, "identity").lower() != "identity"
    if is_packed and answer.is_good:
        response.close()
        raise BadGateway("Something this needs sent a packed answer, which was not asked for.")
    body = b"" if is_packed else await _beginning(response, limit)
    if len(body) > limit and answer.is_good:
        raise BadGateway("Something this needs sent a larger answer than it may.")
    return Answer(status=answer.status, headers=answer.headers, body=body[:limit])


async def _beginning(response: ClientResponse, limit: int) -> bytes:
    """All of the body, or more than `limit` bytes of it, and then the connection is closed: nobody reads the rest."""
    body = bytearray()
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > limit:
            response.close()
            break
    return bytes(body)
