"""The cache of a service, put together: its reads, and the watch over its writes."""

from dataclasses import dataclass

from middleware.outbound.layer import Senses
from middleware.outbound.policy import PoolPolicy
from middleware.suspension import Suspension
from storage.cache.answer_store import AnswerStore
from storage.cache.cache_policy import CachePolicy
from storage.cache.cached_reads import LATE_SECONDS, CachedReads, Parts
from storage.cache.flights import Flights
from storage.cache.invalidation import Invalidation
from storage.cache.near_answers import NearAnswers
from storage.cache.question import Questions
from storage.cache.refreshes import Refreshes
from storage.cache.watched_writes import WatchedWrites
from storage.runner import TransactionRunner


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheExtent:
    """Whose cache it is (`secret`: all replicas of the service have it, and no other service), and of which tables."""

    secret: bytes
    tables: frozenset[str]


class Caching:
    """Reads records through a store of answers, and writes them so that every replica's cache knows."""

    def __init__(
        self,
        store: AnswerStore,
        runner: TransactionRunner,
        *,
        extent: CacheExtent,
        senses: Senses,
        suspension: Suspension,
    ) -> None:
        questions = Questions(extent.secret)
        observe, clock = senses.observe, senses.clock
        self._invalidation = Invalidation(store, questions, observe=observe, suspension=suspension, clock=clock)
        self._parts = Parts(
            store=store,
            near=store if isinstance(store, NearAnswers) else None,
            questions=questions,
            invalidation=self._invalidation,
            suspension=suspension,
            refreshes=Refreshes(store, clock=clock),
            flights=Flights(late_seconds=LATE_SECONDS),
            blind_flights=Flights(),
            runner=runner,
            observe=observe,
            clock=clock,
        )
        self.runner = WatchedWrites(
            runner, self._invalidation, shown=extent.tables, settling_seconds=PoolPolicy().attempt_timeout_seconds
        )
        """What all statements of the service go through that do not read through the cache."""

    def reads(self, name: str, policy: CachePolicy) -> CachedReads:
        """The cache of one resource."""
        return CachedReads(name, policy, parts=self._parts)

    async def close(self) -> None:
        """End what goes on in the background."""
        await self._parts.refreshes.close()
        await self._parts.flights.close()
        await self._parts.blind_flights.close()
        await self._invalidation.close()
