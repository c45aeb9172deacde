"""The layer that reads and checks what a request brings, so that a handler gets only what was declared."""

import time
from collections.abc import Callable
from typing import TypeVar

from aiohttp import web

from middleware.inbound.exchange import Exchange
from middleware.inbound.request_plan import Check, Layer, Place

T = TypeVar("T")

INPUT: web.RequestKey[object] = web.RequestKey("input", object)
"""What the endpoint's `read_input` made of the request."""


def input_of(request: web.Request, kind: type[T]) -> T:
    """What `read_input` made of the request, which is of this kind."""
    value = request[INPUT]
    if not isinstance(value, kind):
        raise TypeError(f"this endpoint reads {type(value).__name__}, not {kind.__name__}")
    return value


def validate(*, now: Callable[[], float] = time.monotonic) -> Layer:
    """Put the endpoint's input at `request[INPUT]`; the time it took is the stage `validate`."""

    def layer(place: Place) -> Check | None:
        if place.endpoint is None:
            return None
        read_input = place.endpoint.read_input

        async def check(exchange: Exchange) -> None:
            context, began_seconds = exchange.context, now()
            context.recording.reach("validate")
            exchange[INPUT] = await read_input(exchange)
            context.stages.add("validate", now() - began_seconds)

        return check

    return layer
