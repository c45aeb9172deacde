"""What a call to an upstream passes through, as client middlewares of aiohttp, outermost first.

1. `through`: the outbound stack, so that all it does to a call to Postgres it does to this one.
2. `mark`: inside it, as each attempt is a span of its own and has less time left than the one before.
3. `take`: innermost, so that reading the answer is part of the attempt: what is slow, breaks off or makes no sense
   halfway through its body is the upstream's failure like any other.
"""

import time
from collections.abc import Callable
from functools import partial
from typing import Generic, TypeVar

from aiohttp import ClientHandlerType, ClientMiddlewareType, ClientRequest, ClientResponse

from middleware.deadlines import seconds_left
from middleware.inbound.deadline import REQUEST_TIMEOUT
from middleware.inbound.identify import REQUEST_ID, TRACEPARENT
from middleware.outbound.layer import Call
from middleware.outbound.measure import Answered
from middleware.outbound.upstream_policy import UpstreamPolicy
from server.upstreams.answer import Answer, problem_of
from server.upstreams.connection_errors import FOREIGN, problem_of_connection
from server.upstreams.reading import whole_answer
from telemetry.context import RequestContext
from telemetry.events import UpstreamOperation

T = TypeVar("T")
MakeSpan = Callable[[RequestContext], str]
"""Gives the traceparent of a call made for a request."""

_LEAST_SECONDS = 0.001
"""What is sent says that there is time, be it ever so little: 0 is no time limit anybody can read."""


def through(call: Call, operation: UpstreamOperation) -> ClientMiddlewareType:
    """Make the request's attempts as the outbound stack says."""

    async def layer(request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
        return await call(operation, partial(handler, request))

    return layer


def mark(context: RequestContext, *, make_span: MakeSpan, attempt_seconds: float) -> ClientMiddlewareType:
    """Tell the upstream whose trace this belongs to, which request of ours it is for, and how long we shall wait."""

    async def layer(request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
        seconds = min(attempt_seconds, seconds_left(time.monotonic()))
        request.headers[REQUEST_TIMEOUT] = f"{max(seconds, _LEAST_SECONDS):.3f}"
        request.headers[TRACEPARENT] = make_span(context)
        request.headers[REQUEST_ID] = context.request_id
        return await handler(request)

    return layer


class Take(Generic[T]):
    """Reads the answer of an attempt as what is expected of it; `taken` is what it read."""

    taken: T

    def __init__(self, meet: Callable[[Answer], T], policy: UpstreamPolicy, *, is_repeatable: bool) -> None:
        self._meet = meet
        self._policy = policy
        self._is_repeatable = is_repeatable

    async def __call__(self, request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
        """Raises what a handler gets to see."""
        try:
            response = await handler(request)
            answer = await self._answer(response)
        except FOREIGN as error:
            raise problem_of_connection(error, is_repeatable=self._is_repeatable) from error
        if not answer.is_good:
            raise problem_of(answer, is_repeatable=self._is_repeatable) from Answered(str(answer.status))
        self.taken = self._meet(answer)
        return response

    async def _answer(self, response: ClientResponse) -> Answer:
        policy = self._policy
        try:
            return await whole_answer(response, answer_bytes=policy.answer_bytes, refusal_bytes=policy.refusal_bytes)
        except BaseException:
            response.close()
            raise
