"""What the service holds of one person: its records, its keys and its account, shown whole, or erased and ended."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import orjson

from middleware.inbound.principal import name_of
from server.identity.key_ring import ACCOUNT_SUBJECT, KeyRing
from storage.credentials.account_table import AccountTable
from storage.credentials.key_table import KeyTable
from storage.origin import Origin
from storage.postgres.pool import Pool
from storage.subjects.subject_records import SubjectRecords
from storage.subjects.subject_requests import SubjectRequests

ERASE = "mainstay subject erase"


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A person as its credentials name it."""

    id: str
    tenant: str | None = None

    @property
    def name(self) -> str:
        """What its records remember it by."""
        return name_of(self.id, tenant=self.tenant)

    @property
    def account_id(self) -> str:
        """The account it signs in to; empty for who signs in elsewhere."""
        return self.id.removeprefix(ACCOUNT_SUBJECT) if self.id.startswith(ACCOUNT_SUBJECT) else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdings:
    """How much there is of a person: records of each table, keys, an account."""

    records: Mapping[str, int]
    keys: int
    accounts: int

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing at all."""
        return not self.keys and not self.accounts and not any(self.records.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Subjects:
    """The persons of a service's database. Raises what the database's calls raise."""

    records: SubjectRecords
    pool: Pool
    keys: KeyRing
    secret: bytes

    async def held(self, subject: Subject) -> Holdings:
        """How much there is."""
        keys = await self.keys.table.of_subject(subject.id, tenant=subject.tenant)
        account = await self._account(subject)
        records = await self.records.counted(self.pool, subject.name)
        return Holdings(records=records, keys=len(keys), accounts=0 if account is None else 1)

    async def tenants(self, subject: Subject) -> tuple[str, ...]:
        """The tenants under which there is something of a person of this id, besides the one it is asked about."""
        ending = f", {json.dumps(subject.id)}]"
        names = await self.records.names(self.pool, subject.name, ending=ending)
        found = {json.loads(name)[0] for name in names if name.endswith(ending)}
        found |= set(await self.keys.table.tenants_of(subject.id))
        found |= set(await AccountTable(self.pool).tenants_of(subject.account_id))
        return tuple(sorted(tenant for tenant in found - {subject.tenant} if tenant is not None))

    async def shown(self, subject: Subject, *, by: str) -> bytes:
        """All of it as one JSON document, and remember that it was shown."""
        held = await self.held(subject)
        requests = SubjectRequests(self.pool, secret=self.secret)
        keys = await self.keys.table.of_subject(subject.id, tenant=subject.tenant)
        pages: dict[str, list[bytes]] = {table: [] for table in held.records}
        async for table, items in self.records.shown(self.pool, subject.name):
            pages[table].append(items)
        await requests.add("export", subject.name, done_by=by, rows=held.records)
        told = orjson.dumps(
            {
                "subject": subject.id,
                "tenant": subject.tenant,
                "shown_at": datetime.now(UTC),
                "requests": await requests.of(subject.name),
                "keys": keys,
                "account": orjson.Fragment(await self._account(subject) or b"null"),
            }
        )
        records = b",".join(b'"%b":[%b]' % (table.encode(), b",".join(items)) for table, items in pages.items())
        return b'%b,"records":{%b}}' % (told[:-1], records)

    async def erase(self, subject: Subject, *, by: str) -> Holdings:
        """Erase what is private in its records, make them nobody's, end its keys and its account: all, or nothing."""
        async with self.pool.transaction(operation="erase") as transaction:
            origin = Origin(subject=by, tenant=subject.tenant, operation=ERASE)
            counts = await self.records.erase(transaction, subject.name, origin=origin)
            keys = await KeyTable(transaction).end_subject(subject.id, tenant=subject.tenant)
            is_erased = await AccountTable(transaction).erase(subject.account_id, tenant=subject.tenant)
            requests = SubjectRequests(transaction, secret=self.secret)
            await requests.add("erase", subject.name, done_by=by, rows=counts)
        return Holdings(records=counts, keys=keys, accounts=int(is_erased))

    async def _account(self, subject: Subject) -> bytes | None:
        return await AccountTable(self.pool).shown(subject.account_id, tenant=subject.tenant)
