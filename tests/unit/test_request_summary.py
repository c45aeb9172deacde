"""What a request's recording comes to in a few words."""

import pytest

from telemetry import events as e
from telemetry.request_summary import RequestSummary, summary_of


def called(error_type: str) -> e.DependencyCalled:
    return e.DependencyCalled(
        dependency="postgres", operation="a.read", outcome="rejected", error_type=error_type, duration_seconds=0
    )


REFUSED = e.AuthenticationFailed(method="jwt", outcome="expired", credential_id="k", request_id="r", trace_id="t")


@pytest.mark.parametrize(
    ("events", "summary"),
    [
        ([], RequestSummary()),
        ([e.CacheRead(cache="a", result="hit")], RequestSummary(cache="hit")),
        (
            [e.CacheRead(cache="a", result="stale_if_error")],
            RequestSummary(cache="stale_if_error", degraded=("stale_answer",)),
        ),
        ([e.CacheRead(cache="a", result="degraded")], RequestSummary(cache="degraded", degraded=("cache_bypassed",))),
        ([e.CacheRead(cache="a", result="bypass")], RequestSummary(cache="bypass")),
        (
            [e.Retried(target="a", outcome="error"), e.Retried(target="a", outcome="ok")],
            RequestSummary(retries=2),
        ),
        ([e.Retried(target="a", outcome="budget_spent")], RequestSummary(degraded=("retry_budget_spent",))),
        ([e.RateLimitDecided(decision="allowed_degraded")], RequestSummary(degraded=("local_limits",))),
        ([e.RateLimitDecided(decision="allowed")], RequestSummary()),
        ([called("breaker_open"), called("breaker_open")], RequestSummary(degraded=("breaker_open",))),
        ([called("timeout")], RequestSummary()),
        ([e.IdempotencyDecided(outcome="replayed")], RequestSummary(idempotency="replayed")),
        ([REFUSED], RequestSummary(refused_credential_id="k")),
    ],
)
def test_the_notes_of_a_request_are_summed_up(events: list[e.Event], summary: RequestSummary) -> None:
    assert summary_of([(0.0, 0, event) for event in events]) == summary
