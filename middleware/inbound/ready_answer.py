"""An answer whose bytes and headers are known: made at once, and an ordinary one for whoever looks closer."""

from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

from aiohttp import hdrs, web

_REASONS = {status.value: status.phrase for status in HTTPStatus}


class SharedHeaders:
    """Headers that many answers have, which nobody may change.

    `openings` are how answers begin that have them, in bytes, by all else that decides it: whoever writes one keeps it
    here.
    """

    __slots__ = ("given", "openings")

    def __init__(self, given: Mapping[str, str]) -> None:
        self.given = given
        self.openings: dict[tuple[object, ...], bytes] = {}


JSON_ALONE = SharedHeaders({hdrs.CONTENT_TYPE: "application/json"})
"""Of an answer of which nothing is to be told but that it is JSON."""

_NONE: Mapping[str, str] = MappingProxyType({})
_NONE_SHARED = SharedHeaders(_NONE)


class ReadyAnswer(web.Response):
    """A whole answer, which nearly always goes out as it was made.

    aiohttp's constructor copies headers, looks among them, and asks what kind of body this is: 1.5 µs, and 0.1 here. It
    is called only once somebody wants what it makes, which a layer or a team's own code may at any time; until then
    the answer `is_untouched`, and has the headers that are `shared` and its `own`, none of which are both.
    `tests/unit/test_turns.py` fails where aiohttp's constructor has changed.
    """

    def __init__(
        self,
        body: bytes,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        shared: SharedHeaders | None = None,
    ) -> None:
        """Without headers it is JSON; those that are given are all there are, and nobody may change them."""
        self.shared = shared or (JSON_ALONE if headers is None else _NONE_SHARED)
        self.own = headers or _NONE
        self._body = body
        self._status = status
        self._reason = _REASONS.get(status, "")

    @property
    def is_untouched(self) -> bool:
        """Whether nobody has looked at its headers yet."""
        return "_headers" not in self.__dict__

    @property
    def given(self) -> Mapping[str, str]:
        """All its headers, while it is untouched."""
        return {**self.shared.given, **self.own}

    def add(self, headers: Mapping[str, str]) -> None:
        """Have it say these too, or instead of what it said under the same names, written as they were."""
        if self.is_untouched:
            self.own, self.shared = {**self.given, **headers}, _NONE_SHARED
        else:
            self.headers.update(headers)

    def __getattr__(self, name: str) -> Any:
        """What aiohttp's constructor would have made."""
        if name in self.__dict__ or name not in _MADE_LATER:
            raise AttributeError(name)
        super().__init__(body=self._body, status=self._status, reason=self._reason, headers=self.given)
        return self.__dict__[name]


def says(response: web.StreamResponse, name: str) -> bool:
    """Whether an answer has a header of this name, written as ours are."""
    if type(response) is ReadyAnswer and response.is_untouched:
        return name in response.own or name in response.shared.given
    return name in response.headers


_MADE_LATER = frozenset({"_headers", "_state", "_zlib_executor", "_zlib_executor_size"})
