"""One request on its way through the layers: aiohttp's own, with what only the layers need to know of it."""

import asyncio
import math
from collections.abc import Callable
from typing import Any

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.http_parser import RawRequestMessage
from aiohttp.http_writer import StreamWriter
from aiohttp.streams import StreamReader
from aiohttp.web_protocol import ERROR

from middleware.brief_wait import Brief
from middleware.inbound.caller import Acquaintance, Caller
from middleware.inbound.deadline_timer import Deadline
from middleware.inbound.principal import PRINCIPAL, Principal
from telemetry.context import RequestContext

_FIELDS_AT_MOST = 1_000
"""Of a form, as aiohttp has it."""


def readable(message: Any) -> Any:
    """A message of aiohttp's; of what it could not read, what it has for that."""
    return message if isinstance(message, RawRequestMessage) else ERROR


class Exchange(web.Request):
    """What aiohttp makes of a request, its deadline, and for how long its connection had held it unread.

    What handlers may want as well (`CONTEXT`, `PRINCIPAL`, `INPUT`, …) stands under keys, as aiohttp has it.

    aiohttp's own is made for each request with a writer, which an ordinary answer does not need, and through a chain of
    constructors: 2.5 µs, and 1.2 here. `tests/unit/test_turns.py` fails where aiohttp's has other parts.
    """

    ATTRS = web.Request.ATTRS | {
        "_writer",
        "acquaintance",
        "caller",
        "context",
        "deadline",
        "deadlines",
        "due_seconds",
        "waited_seconds",
    }

    _message: Any
    """Made by aiohttp's parser in C, of another class than aiohttp's annotations name: compiled code minds that."""

    context: RequestContext
    """The same as under CONTEXT, for the layers: there from the first one on."""

    # What is so of nearly every request from its beginning to its end stands here, and is not set for each of them.
    deadlines: Callable[[float, "asyncio.Task[Any]"], Deadline] | None = None
    deadline: Deadline | None = None
    due_seconds = math.inf
    acquaintance: Acquaintance | None = None
    caller: Caller | None = None
    waited_seconds = 0.0
    _writer: AbstractStreamWriter | None = None

    def __init__(
        self,
        message: Any,
        payload: StreamReader,
        *,
        protocol: web.RequestHandler,
        task: "asyncio.Task[None]",
        maximum_body_bytes: int,
    ) -> None:
        loop = protocol._loop  # noqa: SLF001 - as aiohttp's server hands it on
        if message.url.absolute:
            writer = StreamWriter(protocol, loop)
            super().__init__(message, payload, protocol, writer, task, loop, client_max_size=maximum_body_bytes)
            return
        self._message = message
        self._protocol = protocol
        self._payload = payload
        self._headers = message.headers
        self._method = message.method
        self._version = message.version
        self._cache = {}
        self._rel_url = message.url
        self._state = {}
        self._task = task
        self._client_max_size = maximum_body_bytes
        self._client_max_fields = _FIELDS_AT_MOST
        self._loop = loop
        self._transport_sslcontext = protocol.ssl_context
        self._transport_peername = protocol.peername
        self._transport_sockname = protocol.sockname

    @property
    def _payload_writer(self) -> AbstractStreamWriter:
        """Made where an answer is not written at once."""
        if self._writer is None:
            self._writer = StreamWriter(self._protocol, self._loop)
        return self._writer

    @_payload_writer.setter
    def _payload_writer(self, writer: AbstractStreamWriter) -> None:
        self._writer = writer

    @property
    def is_being_answered(self) -> bool:
        """Whether a part of an answer is out, so that no other can follow."""
        return self._writer is not None and self._writer.output_size > 0

    def get(self, key: str | web.RequestKey[Any], default: Any = None, /) -> Any:
        """What stands under the key. The one of `Mapping` raises and catches where there is nothing: 0.6 µs a time."""
        return self._state.get(key, default)

    def is_from(self, principal: Principal) -> None:
        """This is who calls, and what is known of that caller already."""
        self._state[PRINCIPAL] = principal
        acquaintance = self.acquaintance
        if acquaintance is None:
            self.caller = Caller(principal)
        elif (known := acquaintance.caller) is not None and known.principal is principal:
            self.caller = known
        else:
            self.caller = acquaintance.with_principal(principal)

    def let_go(self) -> None:
        """Hold nothing any more. What is held may hold this: a problem has a traceback, which leads back here, and the
        collector looks for such circles too seldom for the megabytes of a body in one."""
        self._state.clear()
        self._read_bytes = None

    def is_handled(self) -> None:
        """It has no deadline any more."""
        if self.deadline is not None:
            self.deadline.end()

    def was_cancelled(self, cancelled: asyncio.CancelledError) -> None:
        """Raise Elapsed where it is its deadline that cancelled it."""
        if self.deadline is not None:
            self.deadline.look_at(cancelled)

    def waits(self, awaited: object) -> None:
        """It is not answered at once: this has to come first, which may never come unless it is Brief."""
        if self.deadline is None and self.deadlines is not None and type(awaited) is not Brief:
            self.deadline = self.deadlines(self.due_seconds, self._task)
