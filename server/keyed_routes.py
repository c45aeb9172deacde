"""A team's route called with an Idempotency-Key: all it does through its store is one transaction with its answer."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Any

from aiohttp import hdrs, web
from multidict import CIMultiDict

from middleware.inbound.idempotency import IDEMPOTENT_REPLAYED, REQUEST_KEY
from server.address import Handle
from server.handling import REQUEST_STORE, store
from storage.encryption.cipher import Cipher
from storage.kept_answers import KeptAnswer, once
from storage.postgres.statement import Statement
from storage.runner import TransactionRunner

_MADE_ANEW = frozenset(name.lower() for name in (hdrs.CONTENT_LENGTH, hdrs.DATE, hdrs.SERVER))
"""Headers that belong to one answer on one connection."""


_PLACE = "kept_answer.body"
"""What an answer that is kept encrypted is bound to."""


def keyed(handle: Handle, *, runner: TransactionRunner, cipher: Cipher | None = None) -> Handle:
    """The handler, which does a request with a key once and answers its repeats with what the first was answered.

    Raised problems undo all; whatever is returned, an answer of any status, is kept with what was done. A connection to
    Postgres is held from the first statement to the last, so what takes long in between belongs before or after.
    Where the service has encrypted fields there is a `cipher`, and the answers are kept encrypted.
    """

    async def handle_keyed(request: web.Request) -> web.StreamResponse:
        key = request.get(REQUEST_KEY)
        if key is None:
            return await handle(request)

        async def work(transaction: TransactionRunner) -> KeptAnswer:
            request[REQUEST_STORE] = store(request).through(_Joined(transaction))
            return _sealed(_to_keep(await handle(request)), cipher)

        return _response(_opened(await once(runner, key, work=work), cipher))

    return handle_keyed


def _to_keep(response: web.StreamResponse) -> KeptAnswer:
    if not isinstance(response, web.Response) or not isinstance(response.body, bytes | bytearray | None):
        raise TypeError("a route that is called with a key answers as a whole: what is streamed cannot be kept")
    headers = [(name, value) for name, value in response.headers.items() if name.lower() not in _MADE_ANEW]
    return KeptAnswer(body=bytes(response.body or b""), status=response.status, headers=headers)


def _sealed(answer: KeptAnswer, cipher: Cipher | None) -> KeptAnswer:
    if cipher is None:
        return answer
    return replace(answer, body=cipher.seal(answer.body.decode("latin-1"), place=_PLACE).encode())


def _opened(answer: KeptAnswer, cipher: Cipher | None) -> KeptAnswer:
    text = None if cipher is None else cipher.open(answer.body.decode("latin-1"), place=_PLACE)
    return answer if text is None else replace(answer, body=text.encode("latin-1"))


def _response(answer: KeptAnswer) -> web.Response:
    headers = CIMultiDict(answer.headers)
    if answer.is_replayed:
        headers[IDEMPOTENT_REPLAYED] = "true"
    return web.Response(body=answer.body, status=answer.status, headers=headers)


class _Joined:
    """A transaction as a handler without one sees it: a write that fails is undone alone, and the rest can go on."""

    def __init__(self, runner: TransactionRunner) -> None:
        self._runner = runner

    async def run(
        self, statement: Statement, parameters: Sequence[Any] = (), *, operation: str
    ) -> list[tuple[Any, ...]]:
        """Run one statement, a write as a part of its own."""
        if not statement.writes:
            return await self._runner.run(statement, parameters, operation=operation)
        async with self._runner.transaction(operation=operation) as part:
            return await part.run(statement, parameters, operation=operation)

    def transaction(self, *, operation: str = "transaction") -> AbstractAsyncContextManager[TransactionRunner]:
        """Begin a part of several statements."""
        return self._runner.transaction(operation=operation)
