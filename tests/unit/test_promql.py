"""Expressions speak of one service's series, and only of metrics, labels and buckets there are."""

import pytest

from telemetry.catalogue.outbound_rows import RETRIES
from telemetry.catalogue.process_rows import EVENT_LOOP_LAG, LOG_EVENTS_DROPPED
from telemetry.render.promql import Not, Series, total

SHOP = Series(job="shop")


def test_a_counter_is_selected_by_its_job_and_the_labels_wanted() -> None:
    expr = SHOP.rate(RETRIES, "5m", target="payments.reads", outcome=("ok", "error"))

    assert expr == 'rate(retries_total{job="shop",target="payments.reads",outcome=~"ok|error"}[5m])'


def test_a_value_can_be_left_out() -> None:
    assert SHOP.of(RETRIES, outcome=Not(("ok",))) == 'retries_total{job="shop",outcome!~"ok"}'


def test_a_histogram_is_asked_for_one_of_its_parts() -> None:
    name = "asyncio_event_loop_lag_seconds"
    assert SHOP.bucket(EVENT_LOOP_LAG, 1.0) == f'{name}_bucket{{job="shop",le="1.0"}}'
    assert (SHOP.count(EVENT_LOOP_LAG), SHOP.sum(EVENT_LOOP_LAG)) == (
        f'{name}_count{{job="shop"}}',
        f'{name}_sum{{job="shop"}}',
    )
    with pytest.raises(ValueError, match="ask for its buckets"):
        SHOP.of(EVENT_LOOP_LAG)


def test_a_label_that_is_not_there_cannot_be_asked_for() -> None:
    with pytest.raises(ValueError, match="retries_total has no label dependency"):
        SHOP.of(RETRIES, dependency="postgres")


def test_a_word_that_is_none_of_its_label_cannot_be_asked_for() -> None:
    with pytest.raises(ValueError, match="retries_total never has fine as its outcome"):
        SHOP.of(RETRIES, outcome=Not(("ok", "fine")))


def test_series_are_added_up_over_processes() -> None:
    assert total("a", "target") == "sum by (job, target) (a)"


def test_a_bucket_that_is_not_there_cannot_be_asked_for() -> None:
    with pytest.raises(ValueError, match=r"asyncio_event_loop_lag_seconds has no bucket 0\.3"):
        SHOP.bucket(EVENT_LOOP_LAG, 0.3)


def test_a_counter_has_no_buckets() -> None:
    with pytest.raises(ValueError, match="log_events_dropped_total is no histogram"):
        SHOP.count(LOG_EVENTS_DROPPED)
