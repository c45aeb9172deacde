"""One address of the API: its template, its methods, each with a handler and what the layers must know."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from middleware.inbound.endpoint import Endpoint

Handle = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """One method of one path."""

    method: str
    handle: Handle
    endpoint: Endpoint


def options_of(template: str, methods: list[str]) -> Address:
    """Answers OPTIONS at `template`: which methods there are, without credentials."""
    offered = dict.fromkeys([*methods, *(["HEAD"] if "GET" in methods else []), "OPTIONS"])
    allow = ", ".join(offered)

    async def handle(_request: web.Request) -> web.Response:
        return web.Response(status=204, headers={"Allow": allow})

    return Address(
        method="OPTIONS",
        handle=handle,
        endpoint=Endpoint(template=template, operation="options", open_to_anyone=True, read_input=_nothing),
    )


async def _nothing(_request: web.Request) -> None:
    return None
