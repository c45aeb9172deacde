"""Answers a request: finds its plan, has it pass the layers there, and tells how it ended, whatever happened within."""

import asyncio
from collections.abc import Awaitable
from http import HTTPStatus

from aiohttp import hdrs, web

from middleware.inbound.directory import Directory
from middleware.inbound.exchange import Exchange
from middleware.inbound.observe import STOPPED
from middleware.inbound.own_context import in_own_context
from middleware.inbound.ready_answer import ReadyAnswer
from middleware.inbound.stack import Plans, Stack

_FAILED = HTTPStatus.INTERNAL_SERVER_ERROR.value
"""What a request ends with that raises what nobody answers."""


class Answering:
    """Answers the requests to one application, which is complete by now."""

    def __init__(self, app: web.Application, stack: Stack) -> None:
        self._stack = stack
        self._directory = Directory(app, Plans(stack).of)
        self.maximum_body_bytes = app._client_max_size  # noqa: SLF001 - what the application was made with
        self.bytes_of = stack.bytes_of

    def __call__(self, exchange: Exchange) -> Awaitable[web.StreamResponse]:
        """The answer; raises what cannot be answered any more, as half an answer is out."""
        return in_own_context(self._answered(exchange), waits=exchange.waits)

    async def _answered(self, exchange: Exchange) -> web.StreamResponse:
        """One coroutine for all of it, as each one more costs every request its frame."""
        stack = self._stack
        plan = self._directory.find(exchange) or await self._directory.resolve(exchange)
        if hdrs.EXPECT in exchange._headers:  # noqa: SLF001 - the property of it costs more than looking there
            await exchange.match_info.expect_handler(exchange)
        stack.identify(exchange)
        plan.tell_started()
        status = _FAILED
        try:
            try:
                for check in plan.checks:
                    found = check(exchange)
                    if found is not None:
                        if isinstance(found, web.StreamResponse):
                            response = found
                            break
                        await found
                else:
                    exchange.context.recording.reach("handler")
                    response = await (plan.handle or exchange.match_info.handler)(exchange)
                    if type(response) is not ReadyAnswer:
                        _require_answer(response)
                status = response._status  # noqa: SLF001 - likewise
            except asyncio.CancelledError as error:
                status = STOPPED
                exchange.was_cancelled(error)
                raise
            finally:
                exchange.is_handled()
        except Exception as error:
            status = _FAILED
            response = stack.problems.answer(error, exchange, place=plan.place)
            if exchange.is_being_answered:
                raise  # half an answer is out: only a connection that breaks off says that it is not whole
            status = response.status
        finally:
            if stack.teller is not None:
                stack.teller.ended(exchange, plan.place, status=status)
        return response


def _require_answer(returned: object) -> None:
    """Asked of what is no ReadyAnswer, as nearly all are: whether aiohttp's abstract class has it costs 0.1 µs."""
    if not isinstance(returned, web.StreamResponse):
        raise TypeError(f"a handler returned {type(returned).__name__}, which is no answer")
