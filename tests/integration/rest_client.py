"""Calls a served service as a client would: JSON in, JSON out, links followed as they stand."""

import asyncio
import os
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass
from typing import Any, cast

import aiohttp
import orjson
import psycopg2
from argon2 import PasswordHasher
from multidict import CIMultiDict, CIMultiDictProxy
from sqlalchemy.schema import AddConstraint, CreateIndex, CreateTable
from sqlalchemy.sql.ddl import ExecutableDDLElement
from yarl import URL

from middleware.inbound.local_limits import LocalLimits
from middleware.outbound.breakers import Breakers
from middleware.outbound.layer import Senses
from server.accounts.account_setup import AccountBasis, AccountParts, account_parts
from server.accounts.password_hashing import PasswordHashing
from server.accounts.refresh_tokens import AccountSecret
from server.app import Backing, pool_for, public_app, runner_for
from server.declaration import Declaration
from server.identity.callers import Callers
from server.readers import POOL, Telemetry
from server.settings import Settings
from server.standard_error import deployment_of
from storage.cache.answer_store import AnswerStore
from storage.migrations.ledger import make_ready
from storage.postgres.pool import Pool
from storage.tables.schema import tables
from storage.tables.sql_text import definition
from telemetry.context import Identifier
from telemetry.log_sink import Sink
from telemetry.metrics import Metrics, Names
from telemetry.observers import Observers
from telemetry.recorder import Recorder as RequestRecorder
from tests.hand_stamp import HandStamp
from tests.integration.loopback import Caller
from tests.integration.sql import ask, run_sql
from tests.recorder import Recorder

Headers = Mapping[str, str] | list[tuple[str, str]]
_LINK = re.compile(r'<([^>]*)>; rel="next"')
CURSOR_SECRET = b"a secret of the tests"
ACCOUNTS_SECRET = "the secret of the tests' accounts, long enough"  # noqa: S105 - it guards nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer, read to its end."""

    status: int
    headers: CIMultiDictProxy[str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, parsed."""
        return orjson.loads(self.body)

    @property
    def etag(self) -> str:
        """The entity tag, in its quotes."""
        return self.headers["ETag"]

    @property
    def next(self) -> str | None:
        """The address of the next page."""
        found = _LINK.fullmatch(self.headers.get("Link", ""))
        return found[1] if found else None

    @property
    def faults(self) -> list[tuple[str, str]]:
        """Place and code of every fault, in order."""
        return [
            (next(fault[place] for place in ("pointer", "parameter", "header") if place in fault), fault["code"])
            for fault in self.json.get("errors", [])
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Client(Caller):
    """Calls a service that listens on a loopback port."""

    events: Recorder
    dsn: str
    tables: tuple[str, ...]
    callers: Callers
    stamp: HandStamp
    breakers: Breakers

    async def empty(self) -> None:
        """Remove every record, and number from 1 again."""
        tables = ", ".join((*self.tables, "mainstay_internal.kept_answer"))
        await run_sql(self.dsn, f"TRUNCATE {tables} RESTART IDENTITY")

    async def count(self) -> int:
        """How many records there are, in all tables."""
        counts = " + ".join(f"(SELECT count(*) FROM {table})" for table in self.tables)  # noqa: S608 - our own tables
        found = await ask(self.dsn, f"SELECT {counts}")
        assert found is not None
        return cast("int", found[0])

    async def send(
        self, method: str, path: str, *, json: object = ..., body: bytes = b"", headers: Headers | None = None
    ) -> Reply:
        """Send a request to exactly this path and query; `json` is sent as JSON, `body` as it is."""
        sent = CIMultiDict(headers or {})
        if json is not ...:
            body = orjson.dumps(json)
            sent.setdefault("Content-Type", "application/json")
        url = URL(f"http://127.0.0.1:{self.port}{path}", encoded=True)
        async with self.session.request(method, url, data=body or None, headers=sent, allow_redirects=False) as answer:
            return Reply(status=answer.status, headers=answer.headers, body=await answer.read())

    async def get(self, path: str, **headers: str) -> Reply:
        """Read; headers as keywords, `_` for `-`."""
        return await self.send("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})

    async def post(self, path: str, json: object) -> Reply:
        """Create, or whatever a POST does there."""
        return await self.send("POST", path, json=json)

    async def made(self, path: str, **values: object) -> Any:
        """Create a record; its JSON."""
        reply = await self.send("POST", path, json=values)
        assert reply.status == 201, reply.body
        return reply.json

    async def pages(self, path: str) -> list[list[Any]]:
        """The items of every page, by following the links."""
        found: list[list[Any]] = []
        following: str | None = path
        while following is not None:
            reply = await self.get(following)
            assert reply.status == 200, reply.body
            found.append(reply.json["items"])
            following = reply.next
        return found


async def _accounts(declaration: Declaration, pool: Pool, stamp: HandStamp) -> AccountParts | None:
    """What deals with accounts, with passwords that are hashed in no time."""
    declared = declaration.service.accounts
    if declared is None:
        return None
    passwords = PasswordHashing(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    basis = AccountBasis(runner=pool, stamp=stamp, secret=AccountSecret(ACCOUNTS_SECRET), passwords=passwords)
    return await account_parts(declaration.service, declared, basis=basis)


@asynccontextmanager
async def served_service(
    declaration: Declaration, dsn: str, *, makes_tables: bool = True, cache: AnswerStore | None = None
) -> AsyncIterator[Client]:
    """Serve a service in this process, over a database in which its tables are made first."""
    events = Recorder()
    settings = Settings(pool_connections=8, allowed_hosts=("*",))
    if makes_tables:
        await asyncio.to_thread(make_tables, declaration, dsn)
        await asyncio.to_thread(make_ready, dsn)
    async with AsyncExitStack() as held:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        held.callback(os.close, nowhere)
        sink = Sink(nowhere)
        held.callback(sink.close)
        metrics = Metrics(deployment_of(declaration.service, settings), names=Names(pools=[POOL]))
        observe = Observers([metrics, events, RequestRecorder()])
        telemetry = Telemetry(
            observe=observe, metrics=metrics, sink=sink, make_context=Identifier(), senses=Senses(observe=observe)
        )
        pool = pool_for(dsn, settings, telemetry=telemetry)
        held.push_async_callback(pool.close)
        await pool.open()
        stamp = HandStamp()
        parts = await _accounts(declaration, pool, stamp)
        callers = Callers(
            pool,
            stamp,
            limit_factor=declaration.service.limit_factor,
            tokens=None if parts is None else parts.tokens,
        )
        held.push_async_callback(callers.close)
        await callers.open()
        backing = Backing(
            pool=pool,
            limit_store=LocalLimits(),
            callers=callers,
            secret=CURSOR_SECRET,
            cache=cache,
            accounts=None if parts is None else parts.desk,
        )
        app = public_app(declaration, backing, settings=settings, telemetry=telemetry)
        runner = runner_for(app, settings, telemetry=telemetry)
        held.push_async_callback(runner.cleanup)
        await runner.setup()
        port = await runner.listen("127.0.0.1", port=0)
        session = await held.enter_async_context(aiohttp.ClientSession(auto_decompress=False))
        names = tuple(f'"{record_type.table}"' for record_type in declaration.types.values())
        yield Client(
            port=port,
            session=session,
            stop=runner.cleanup,
            events=events,
            dsn=dsn,
            tables=names,
            callers=callers,
            stamp=stamp,
            breakers=telemetry.senses.breakers,
        )


def make_tables(declaration: Declaration, dsn: str) -> None:
    """Make the tables of a service in an empty database."""
    with closing(psycopg2.connect(dsn)) as connection, connection, connection.cursor() as cursor:
        metadata = tables(declaration.types)
        statements: list[ExecutableDDLElement] = []
        statements += [CreateTable(table) for table in metadata.tables.values()]
        statements += [CreateIndex(index) for table in metadata.tables.values() for index in table.indexes]
        statements += [
            AddConstraint(one) for table in metadata.tables.values() for one in table.foreign_key_constraints
        ]
        for statement in statements:
            cursor.execute(definition(statement))
