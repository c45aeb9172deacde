"""The rendered configuration in a real Alertmanager: who is told of what, once, and what is silent meanwhile."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.acceptance.alertmanager_run import PATIENCE_SECONDS, TOKEN, Alertmanager, Labels, running_alertmanager

PAGE = {"severity": "page"}
TICKET = {"severity": "ticket"}


@pytest.fixture
async def alertmanager(tmp_path: Path) -> AsyncIterator[Alertmanager]:
    async with running_alertmanager(tmp_path) as running:
        yield running


async def test_what_pages_at_once_is_one_page_and_says_who_calls(alertmanager: Alertmanager) -> None:
    await alertmanager.take({"alertname": "NoTraffic", **PAGE}, {"alertname": "RestartLoop", "instance": "a", **PAGE})

    page = await alertmanager.notified("page")

    assert (page.names, page.authorization) == ({"NoTraffic", "RestartLoop"}, f"Bearer {TOKEN}")


async def test_a_ticket_wakes_nobody(alertmanager: Alertmanager) -> None:
    await alertmanager.take({"alertname": "ExceptionsThrown", **TICKET})

    ticket = await alertmanager.notified("ticket")

    assert (ticket.names, alertmanager.told.empty()) == ({"ExceptionsThrown"}, True)


async def test_another_environment_pages_nobody(alertmanager: Alertmanager) -> None:
    await alertmanager.take({"alertname": "ServiceDown", "environment": "staging", **PAGE})

    assert (await alertmanager.notified("elsewhere")).names == {"ServiceDown"}


async def test_the_heartbeat_goes_on(alertmanager: Alertmanager) -> None:
    await alertmanager.take({"alertname": "Watchdog", "severity": "none"})

    beats = [await alertmanager.notified("heartbeat") for _ in range(3)]

    assert [beat.names for beat in beats] == [{"Watchdog"}] * 3


@pytest.mark.parametrize(
    ("firing", "silenced"),
    [
        (
            [
                {"alertname": "DependencyDown", "dependency": "postgres", **TICKET},
                {"alertname": "BreakerOpen", "dependency": "postgres", "name": "postgres.reads", **TICKET},
                {"alertname": "StaleAnswersServed", "dependency": "postgres", "cache": "products", **TICKET},
                {"alertname": "CacheDegraded", "dependency": "redis", **TICKET},
                {"alertname": "ExceptionsThrown", **TICKET},
            ],
            {"BreakerOpen", "StaleAnswersServed"},
        ),
        (
            [
                {"alertname": "ServiceDown", **PAGE},
                {"alertname": "TargetDown", "instance": "a", **TICKET},
                {"alertname": "ExceptionsThrown", **TICKET},
                {"alertname": "Watchdog", "severity": "none"},
            ],
            {"TargetDown", "ExceptionsThrown"},
        ),
        (
            [
                {"alertname": "TargetDown", "instance": "a", **TICKET},
                {"alertname": "EventLoopLagHigh", "instance": "a", **TICKET},
                {"alertname": "CpuSaturated", "instance": "b", **TICKET},
                {"alertname": "RestartLoop", "instance": "a", **PAGE},
                {"alertname": "ExceptionsThrown", **TICKET},
            ],
            {"EventLoopLagHigh"},
        ),
        (
            [
                {"alertname": "SloAvailabilityBurnFast", "sli": "availability", **PAGE},
                {"alertname": "SloAvailabilityBurnSlow", "sli": "availability", **TICKET},
                {"alertname": "SloLatencyBurnSlow", "sli": "latency", **TICKET},
                {"alertname": "ExceptionsThrown", **TICKET},
            ],
            {"SloAvailabilityBurnSlow"},
        ),
        (
            [
                {"alertname": "PoolAcquireTimeouts", "pool": "postgres", "dependency": "postgres", **TICKET},
                {"alertname": "PoolWaitHigh", "pool": "postgres", "dependency": "postgres", **TICKET},
            ],
            {"PoolWaitHigh"},
        ),
    ],
    ids=["a dependency", "the service", "a process", "an objective", "a pool"],
)
async def test_one_fault_is_one_message(alertmanager: Alertmanager, firing: list[Labels], silenced: set[str]) -> None:
    await alertmanager.take(*firing)

    async with asyncio.timeout(PATIENCE_SECONDS):
        while (found := await alertmanager.silenced()) != silenced:  # noqa: ASYNC110 - it tells nobody that it has decided
            await asyncio.sleep(0.05)
    assert found == silenced
