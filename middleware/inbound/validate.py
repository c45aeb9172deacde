"""The layer that reads and checks what a request brings, so that a handler gets only what was declared."""

import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from aiohttp import web

from middleware.inbound.exchange import Exchange
from middleware.inbound.request_plan import Check, Layer, Place

T = TypeVar("T")

INPUT: web.RequestKey[object] = web.RequestKey("input", object)
"""What the endpoint's `read_input` made of the request."""


def input_of(request: web.Request, kind: type[T]) -> T:
    """What `read_input` made of the request, which is of this kind."""
    value = request[INPUT]
    if type(value) is not kind and not isinstance(value, kind):  # the latter costs more, and is asked of few
        raise TypeError(f"this endpoint reads {type(value).__name__}, not {kind.__name__}")
    return value


def validate(*, now: Callable[[], float] = time.monotonic) -> Layer:
    """Put the endpoint's input at `request[INPUT]`; the time it took is the stage `validate`."""

    def layer(place: Place) -> Check | None:
        if place.endpoint is None:
            return None
        read_input = place.endpoint.read_input

        async def wait_for(reading: Coroutine[Any, Any, object], exchange: Exchange, *, began_seconds: float) -> None:
            exchange[INPUT] = await reading
            exchange.context.stages.add("validate", now() - began_seconds)

        def check(exchange: Exchange) -> Awaitable[None] | None:
            context, began_seconds = exchange.context, now()
            context.recording.marks.append(("validate", began_seconds))
            found = read_input(exchange)
            if isinstance(found, Coroutine):  # compiled, it is no CoroutineType
                return wait_for(found, exchange, began_seconds=began_seconds)
            exchange._state[INPUT] = found  # noqa: SLF001 - as aiohttp would, after a call
            context.stages.add("validate", now() - began_seconds)
            return None

        return check

    return layer
