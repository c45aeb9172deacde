"""One address of the API: its template, its methods, each with a handler and what the layers must know."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from aiohttp import web

from middleware.inbound.admission import admit_everybody
from middleware.inbound.endpoint import Endpoint
from server.rehearsal import Rehearsal

_PARAMETER = re.compile(r"\{([^}]+)\}")

Handle = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """One method of one path."""

    method: str
    handle: Handle
    endpoint: Endpoint
    rehearsal: Rehearsal | None = None
    """None where it is not known what a request will ask of Postgres."""

    @property
    def path(self) -> str:
        """The template for aiohttp's router, whose own parameters could not hold braces."""
        return _PARAMETER.sub(r"{\1:[^/]+}", self.endpoint.template)


def options_of(template: str, methods: list[str]) -> Address:
    """Answers OPTIONS at `template`: which methods there are, without credentials."""
    offered = dict.fromkeys([*methods, *(["HEAD"] if "GET" in methods else []), "OPTIONS"])
    allow = ", ".join(offered)

    async def handle(_request: web.Request) -> web.Response:
        return web.Response(status=204, headers={"Allow": allow})

    # It is open to anyone, whoever may do what it tells of: no caller is to be led there by it.
    endpoint = replace(open_page(template, operation="options"), is_signposted=False)
    return Address(method="OPTIONS", handle=handle, endpoint=endpoint)


def open_page(path: str, *, operation: str = "page") -> Endpoint:
    """An address of Mainstay's own that anyone may see and that reads nothing of the request."""
    return Endpoint(template=path, operation=operation, decide=admit_everybody, read_input=_nothing)


def _nothing(_request: web.Request) -> None:
    return None
