"""One upstream, scripted, and a client of ours that calls it, for one made-up request."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from middleware.outbound.layer import Senses
from middleware.outbound.upstream_policy import UpstreamPolicy
from server.fake_upstream import FakeUpstream, fake_upstream
from server.service import Upstream
from server.upstreams.destination import destination
from server.upstreams.upstream_calls import UpstreamCalls
from server.upstreams.upstream_client import UpstreamClient
from telemetry.context import Identifier
from telemetry.events import DependencyCalled
from tests.recorder import Recorder

PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Both sides, and what was observed."""

    payments: UpstreamCalls
    fake: FakeUpstream
    events: Recorder
    senses: Senses

    @property
    def ends(self) -> list[tuple[str, str, str]]:
        """How each call ended: its operation, outcome and error's type."""
        return [(event.operation, event.outcome, event.error_type) for event in self.events.of(DependencyCalled)]

    @property
    def asked(self) -> list[tuple[str, str]]:
        """The requests that arrived."""
        return [(one.method, one.path) for one in self.fake.received]


@asynccontextmanager
async def world(*, url: str = "", token: str = "", **numbers: Any) -> AsyncIterator[World]:
    """Serve the upstream and make a client for it; `url` where it is to be found somewhere else."""
    events = Recorder()
    senses = Senses(observe=events)
    identify = Identifier()
    policy = UpstreamPolicy(**{"backoff_seconds": 0.0, **numbers})
    async with fake_upstream() as fake:
        client = UpstreamClient(
            Upstream("payments", base_url_env="PAYMENTS_URL", policy=policy),
            destination(url or f"{fake.url}/v1", token=token),
            senses=senses,
        )
        try:
            calls = UpstreamCalls(client, identify("order-7", [PARENT]))
            yield World(payments=calls, fake=fake, events=events, senses=senses)
        finally:
            await client.close()
