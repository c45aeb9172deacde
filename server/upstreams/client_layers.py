"""What a call to an upstream passes through, as client middlewares of aiohttp, outermost first.

1. `through`: the outbound stack, so that all it does to a call to Postgres it does to this one.
2. `Mark`: inside it, as each attempt is a span of its own and has less time left than the one before.
3. `Take`: innermost, so that reading the answer is part of the attempt: what is slow, breaks off or makes no sense
   halfway through its body is the upstream's failure like any other.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from aiohttp import ClientHandlerType, ClientMiddlewareType, ClientRequest, ClientResponse

from middleware.deadlines import seconds_left
from middleware.inbound.deadline import REQUEST_TIMEOUT
from middleware.inbound.identify import REQUEST_ID, TRACEPARENT, TRACESTATE
from middleware.outbound.layer import Call
from middleware.outbound.measure import Answered, end_of
from middleware.outbound.upstream_policy import UpstreamPolicy
from server.upstreams.answer import Answer, problem_of
from server.upstreams.connection_errors import FOREIGN, problem_of_connection
from server.upstreams.reading import whole_answer
from telemetry.context import RequestContext
from telemetry.events import Observe, UpstreamAttempted, UpstreamOperation

T = TypeVar("T")

_LEAST_SECONDS = 0.001
"""What is sent says that there is time, be it ever so little: 0 is no time limit anybody can read."""


def through(call: Call, operation: UpstreamOperation) -> ClientMiddlewareType:
    """Make the request's attempts as the outbound stack says."""

    async def layer(request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
        async def attempt() -> ClientResponse:
            return await handler(request)

        return await call(operation, attempt)

    return layer


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Makes each attempt a span of its own.

    It tells the upstream whose trace this belongs to, which request of ours it is for and how long we shall wait, and
    us how the attempt ended. `name` is the upstream's, `context` that of the request being answered.
    """

    name: str
    context: RequestContext
    attempt_seconds: float
    observe: Observe

    async def __call__(self, request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
        """Raises what the attempt raises."""
        span, started = self.context.recording.draw(), time.monotonic()
        self._write(request, span=span, seconds=min(self.attempt_seconds, seconds_left(started)))
        status, error_type = 0, ""
        try:
            response = await handler(request)
            status = response.status
        except BaseException as error:
            _, error_type = end_of(error)
            status = _status_behind(error)
            raise
        finally:
            self.observe(
                UpstreamAttempted(
                    dependency=self.name,
                    method=request.method,
                    address=request.url.host or "",
                    port=request.url.port or 0,
                    status=status,
                    error_type=error_type,
                    duration_seconds=time.monotonic() - started,
                    span=span,
                )
            )
        return response

    def _write(self, request: ClientRequest, *, span: int, seconds: float) -> None:
        context, headers = self.context, request.headers
        headers[REQUEST_TIMEOUT] = f"{max(seconds, _LEAST_SECONDS):.3f}"
        headers[TRACEPARENT] = context.traceparent_of(context.span_id_of(span))
        if context.tracestate:
            headers[TRACESTATE] = context.tracestate
        headers[REQUEST_ID] = context.request_id


def _status_behind(error: BaseException) -> int:
    return int(str(error.__cause__)) if isinstance(error.__cause__, Answered) else 0


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
