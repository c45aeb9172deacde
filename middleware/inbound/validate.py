"""The layer that reads and checks what a request brings, so that a handler gets only what was declared."""

import time
from collections.abc import Callable
from typing import TypeVar

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from middleware.inbound.endpoint import Endpoints, endpoint_of
from middleware.inbound.identify import CONTEXT

T = TypeVar("T")

INPUT: web.RequestKey[object] = web.RequestKey("input", object)
"""What the endpoint's `read_input` made of the request."""


def input_of(request: web.Request, kind: type[T]) -> T:
    """What `read_input` made of the request, which is of this kind."""
    value = request[INPUT]
    if not isinstance(value, kind):
        raise TypeError(f"this endpoint reads {type(value).__name__}, not {kind.__name__}")
    return value


def validate(endpoints: Endpoints, *, now: Callable[[], float] = time.monotonic) -> Middleware:
    """Put the endpoint's input at `request[INPUT]`; the time it took is the stage `validate`."""

    @web.middleware
    async def layer(request: web.Request, handler: Handler) -> web.StreamResponse:
        endpoint = endpoint_of(request, endpoints)
        if endpoint is not None:
            context, began_seconds = request[CONTEXT], now()
            context.recording.reach("validate")
            request[INPUT] = await endpoint.read_input(request)
            context.stages.add("validate", now() - began_seconds)
        return await handler(request)

    return layer
