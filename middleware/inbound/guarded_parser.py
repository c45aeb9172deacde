"""aiohttp's parser of requests, except that whatever it cannot read it refuses as such.

What reads an address within it (yarl) raises errors of its own for some that are none: `http://[::1]999@/`. aiohttp
would let them through to the event loop, and whoever has handed it the bytes would not know what became of them.
"""

from typing import Any

from aiohttp.http_exceptions import BadHttpMessage, HttpProcessingError


class GuardedParser:
    """A parser as the connection sees it; Any, since aiohttp has two of them, one in C."""

    __slots__ = ("_parser", "message_consumed")

    def __init__(self, parser: Any) -> None:
        self._parser = parser
        self.message_consumed = parser.message_consumed  # asked for with every request

    def feed_data(self, data: bytes) -> Any:
        """Read more; raises HttpProcessingError for what is no request, and nothing else."""
        try:
            return self._parser.feed_data(data)
        except HttpProcessingError:
            raise
        except Exception as error:
            raise BadHttpMessage("not readable") from error

    def __getattr__(self, name: str) -> Any:
        return getattr(self._parser, name)
