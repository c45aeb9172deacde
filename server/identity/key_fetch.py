"""Fetches a JWK set over HTTP: a bounded answer in a bounded time, from that address and from no other."""

from http import HTTPStatus

import aiohttp

from middleware.errors import Elapsed, Unavailable

TIMEOUT = aiohttp.ClientTimeout(total=5.0, connect=2.0)
"""Nobody waits for it but the first requests of a process; a set is a few kB."""
SET_BYTES_AT_MOST = 262_144

_HEADERS = {"Accept": "application/jwk-set+json, application/json", "Accept-Encoding": "identity"}


class KeyFetch:
    """Asks an address; close it."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._session: aiohttp.ClientSession | None = None

    async def __call__(self) -> bytes:
        """The answer's body; raises Unavailable, and Elapsed past TIMEOUT."""
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=TIMEOUT, auto_decompress=False, headers=_HEADERS)
        try:
            async with self._session.get(self._url, allow_redirects=False) as answer:
                if answer.status != HTTPStatus.OK:
                    raise Unavailable(f"answered with {answer.status}")
                body = await answer.content.read(SET_BYTES_AT_MOST + 1)
                while len(body) <= SET_BYTES_AT_MOST and not answer.content.at_eof():
                    body += await answer.content.read(SET_BYTES_AT_MOST + 1 - len(body))
        except TimeoutError as error:
            raise Elapsed(f"no answer within {TIMEOUT.total:g} s") from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise Unavailable(f"{type(error).__name__}: {error}") from error
        if len(body) > SET_BYTES_AT_MOST:
            raise Unavailable(f"answered with more than {SET_BYTES_AT_MOST} bytes")
        return body

    async def close(self) -> None:
        """Close its connections."""
        if self._session is not None:
            await self._session.close()
