"""A connection's requests, one after another: aiohttp's loop over them with less around each of them.

aiohttp's own starts a task for each request, waits for it to take its turn in the event loop and then for its end to be
heard of. Here the connection's task answers by itself, at once when a request has arrived (`doorbell`), each request in
a context of its own (`own_context`), and an ordinary answer leaves without aiohttp's writer (`answer_bytes`), together
with the others of this turn (`outbox`).

It is written against aiohttp's own `RequestHandler.start`; `tests/unit/test_turns.py` fails where that has changed.
"""

import asyncio
from collections.abc import Awaitable
from http import HTTPStatus
from typing import Any, Protocol

from aiohttp import web
from aiohttp.streams import EMPTY_PAYLOAD, StreamReader
from aiohttp.web_protocol import _PAYLOAD_ACCESS_ERROR
from mypy_extensions import mypyc_attr

from middleware.inbound.caller import Acquaintance
from middleware.inbound.doorbell import Doorbell
from middleware.inbound.exchange import Exchange, readable
from middleware.inbound.outbox import Outbox

_TOGETHER_BYTES = 65_536
"""An answer is written together with its head up to this size; a longer one is not copied for it."""
_SMALL_BYTES = 16_384
"""An answer is kept for the others of its turn up to this size: none that a caller would have to take bit by bit."""


class Answers(Protocol):
    """Answers the requests to an application; Answering."""

    maximum_body_bytes: int

    def __call__(self, exchange: Exchange) -> Awaitable[web.StreamResponse]:
        """The answer; raises what cannot be answered any more."""

    def bytes_of(self, exchange: Exchange, response: web.StreamResponse) -> tuple[bytes, bytes] | None:
        """Head and body of an ordinary answer; None for any other."""


@mypyc_attr(native_class=False)
class TurnProtocol(web.RequestHandler):
    """aiohttp's connection, except how its requests take their turns.

    `waited_seconds` is for how long the next request has been held unread; after an answer that `is_last_answer` the
    connection closes.
    """

    __slots__ = ("_acquaintance", "_answers", "_doorbell", "_outbox", "_unsent", "is_last_answer", "waited_seconds")

    def __init__(self, server: web.Server, answers: Answers, *, outbox: Outbox, **settings: Any) -> None:
        super().__init__(server, **settings)
        self._answers = answers
        self._outbox = outbox
        self._unsent = b""
        self._acquaintance = Acquaintance()
        self._doorbell: Any = Doorbell(self._loop)  # to aiohttp it is a future
        self.is_last_answer = False
        self.waited_seconds = 0.0

    def parse(self, data: bytes) -> None:
        """Take in what has come."""
        super().data_received(data)

    def data_received(self, data: bytes) -> None:
        """Take in what has come, and answer at once what is whole."""
        self.parse(data)
        self._doorbell.go_on()

    def send(self) -> None:
        """Send the answer that has been kept, if there is one."""
        if self._unsent:
            transport, data, self._unsent = self.transport, self._unsent, b""
            if transport is not None and not transport.is_closing():
                transport.write(data)

    def force_close(self) -> None:
        """Close now, and not before what is ready has been sent."""
        self.send()
        super().force_close()

    def ended(self) -> None:
        """It has been answered, or never will be."""

    async def start(self) -> None:
        """Answer what comes until the connection ends."""
        loop = self._loop
        while not self._force_close:
            if not self._messages:
                self._waiter = self._doorbell
                try:
                    await self._waiter
                finally:
                    self._waiter = None
            message, payload = self._messages.popleft()
            if self._parser is not None:
                self._parser.message_consumed()
            if self._buffer_paused and len(self._messages) <= self._msg_queue_resume_size:
                self._resume_reading_if_drained()
            if not await self._took_turn(message, payload):
                break
            del message, payload
            self._next_keepalive_close_time = loop.time() + self._keepalive_timeout
            if self._keepalive_handle is None:
                self._keepalive_handle = loop.call_at(self._next_keepalive_close_time, self._process_keepalive)
        if not self._force_close:
            self._task_handler = None
            self.send()
            if self.transport is not None:
                self.transport.close()

    async def _took_turn(self, message: Any, payload: StreamReader) -> bool:
        """Answer one request; whether the connection goes on."""
        self._request_in_progress = True
        self.send()  # the one before this
        exchange = None
        try:
            exchange = self._current_request = self._exchange(message, payload)
            try:
                if exchange._message is message:  # noqa: SLF001 - of what it cannot read aiohttp makes no message
                    response = await self._answers(exchange)
                else:
                    response = self.handle_error(exchange, message.status, message.exc, message.message)
            except Exception as error:  # noqa: BLE001 - whatever escapes the layers is answered here
                response = self._unanswered(exchange, error)
            finally:
                self._current_request = None
            if not self._written(exchange, response):
                response, is_cut_off = await self.finish_response(exchange, response, None)
                if is_cut_off or not response.keep_alive:
                    return False
            elif self._paused:
                await self._drain_helper()  # until all but a little of it is taken
        except ConnectionError:
            return False  # the caller has left
        except asyncio.CancelledError:
            self.force_close()
            raise
        except Exception as error:  # noqa: BLE001 - one connection ends, and the others go on
            self.log_exception("a request could not be answered", exc_info=error)
            self.force_close()
            return False
        finally:
            self._turn_is_over(exchange)
        if payload is not EMPTY_PAYLOAD:
            self._let_go(payload)
        return not self._close and not self._force_close

    def _turn_is_over(self, exchange: Exchange | None) -> None:
        self._request_in_progress = False
        if exchange is not None:
            exchange.let_go()
        self.ended()
        if self._handler_waiter is not None and not self._handler_waiter.done():
            self._handler_waiter.set_result(None)

    def _unanswered(self, exchange: Exchange, error: Exception) -> web.StreamResponse:
        """The answer to a request that no layer has answered."""
        match error:
            case web.HTTPException():
                return error
            case TimeoutError():
                return self.handle_error(exchange, HTTPStatus.GATEWAY_TIMEOUT)
            case _:
                return self.handle_error(exchange, HTTPStatus.INTERNAL_SERVER_ERROR, error)

    def _written(self, exchange: Exchange, response: web.StreamResponse) -> bool:
        """Write an ordinary answer; False for any other, which is still to be sent."""
        if self.is_last_answer or self._upgraded:
            return False
        found = self._answers.bytes_of(exchange, response)
        if found is None:
            return False
        transport = self.transport
        if transport is None or transport.is_closing():
            raise ConnectionResetError("the caller has left")
        head, body = found
        if len(body) <= _SMALL_BYTES and not self._messages:
            self._unsent = head + body
            self._outbox.add(self)
        elif len(body) < _TOGETHER_BYTES:
            transport.write(head + body)
        else:
            transport.writelines((head, body))
        return True

    def _exchange(self, message: Any, payload: StreamReader) -> Exchange:
        task = self._task_handler or asyncio.current_task()
        assert task is not None  # noqa: S101 - it runs in one
        bytes_at_most = self._answers.maximum_body_bytes
        exchange = Exchange(readable(message), payload, protocol=self, task=task, maximum_body_bytes=bytes_at_most)
        exchange.acquaintance = self._acquaintance
        exchange.waited_seconds = self.waited_seconds
        return exchange

    def _let_go(self, payload: StreamReader) -> None:
        """Have nobody read what is left of a body; a connection on which it is still to come has no next request."""
        if not payload.is_eof() and not self._force_close:
            self.close()
        payload.set_exception(_PAYLOAD_ACCESS_ERROR)
