"""The text of a scrape, held against what prometheus-client would have written."""

import math
from collections.abc import Iterator
from itertools import pairwise

import prometheus_client as library
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.exposition import generate_latest as classic_of
from prometheus_client.metrics_core import Metric as LibraryFamily
from prometheus_client.openmetrics.exposition import generate_latest as openmetrics_of
from prometheus_client.registry import Collector

from telemetry.catalogue import Metric, MetricKind
from telemetry.metrics.families import Families
from telemetry.metrics.sample_text import HistogramBlock
from telemetry.metrics.scrape_text import LINES_A_SLICE, Rendering
from telemetry.metrics.series import Histogram
from telemetry.readings import Reading

BUCKETS = (0.001, 0.5, 1.0, 2_500_000.0)
AT_SECONDS = 1_700_000_000.25
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"

any_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=8) | st.sampled_from(
    ["", '"', "\\", "\n", '\\"\n', "é", "}", "{,="]
)
labels = st.tuples(any_text, any_text)
amounts = st.floats(min_value=0, allow_nan=False) | st.sampled_from([0.5, 999_999.0, 1e6, 1_234_567.5, 1e16, 1.5e21])
anything = st.floats() | st.sampled_from([math.inf, -math.inf, math.nan, -0.0, 1e6, 123456789.0, 5e-324])


class WithoutCreated(Collector):
    """A registry without the `_created` samples, which we do not show."""

    def __init__(self, registry: library.CollectorRegistry) -> None:
        self._registry = registry

    def collect(self) -> Iterator[LibraryFamily]:
        for family in self._registry.collect():
            family.samples = [sample for sample in family.samples if sample.name != f"{family.name}_created"]
            yield family


def metric_of(kind: MetricKind, help_text: str = "It counts.") -> Metric:
    name = {"counter": "things_total", "gauge": "things", "histogram": "things_seconds"}[kind]
    buckets = BUCKETS if kind == "histogram" else ()
    return Metric(name=name, kind=kind, help=help_text, labels=("zone", "area"), buckets=buckets)


def ours(families: Families, *, openmetrics: bool) -> list[str]:
    return sorted(b"".join(Rendering(families, []).slices(openmetrics=openmetrics)).decode().split("\n"))


def theirs(registry: library.CollectorRegistry, *, openmetrics: bool) -> list[str]:
    shown = WithoutCreated(registry)
    text: bytes = openmetrics_of(shown) if openmetrics else classic_of(shown)  # type: ignore[no-untyped-call]  # it has no annotations
    return sorted([*text.decode().split("\n"), *overflow(openmetrics=openmetrics)])


def overflow(*, openmetrics: bool) -> list[str]:
    """What Families always has besides."""
    alone = b"".join(Rendering(Families({}), []).slices(openmetrics=openmetrics)).decode()
    return [line for line in alone.split("\n") if line.lstrip("# HELPTY").startswith("metrics_label_overflow")]


@given(help_text=any_text, counted=st.lists(st.tuples(labels, amounts)))
def test_counters_look_as_the_library_writes_them(help_text: str, counted: list[tuple[tuple[str, str], float]]) -> None:
    metric, families, registry = metric_of("counter", help_text), Families({}), library.CollectorRegistry()
    mine = families.counters(metric)
    known = library.Counter(metric.name, metric.help, metric.labels, registry=registry)
    for values, amount in counted:
        mine[values].inc(amount)
        known.labels(*values).inc(amount)

    for openmetrics in (False, True):
        assert ours(families, openmetrics=openmetrics) == theirs(registry, openmetrics=openmetrics)


@given(set_to=st.lists(st.tuples(labels, anything)))
def test_gauges_look_as_the_library_writes_them(set_to: list[tuple[tuple[str, str], float]]) -> None:
    metric, families, registry = metric_of("gauge"), Families({}), library.CollectorRegistry()
    mine = families.gauges(metric)
    known = library.Gauge(metric.name, metric.help, metric.labels, registry=registry)
    for values, amount in set_to:
        mine[values].set(amount)
        known.labels(*values).set(amount)

    for openmetrics in (False, True):
        assert ours(families, openmetrics=openmetrics) == theirs(registry, openmetrics=openmetrics)


@given(observed=st.lists(st.tuples(labels, amounts, st.booleans())))
def test_histograms_look_as_the_library_writes_them(observed: list[tuple[tuple[str, str], float, bool]]) -> None:
    metric, families, registry = metric_of("histogram"), Families({}), library.CollectorRegistry()
    mine = families.histograms(metric)
    known = library.Histogram(metric.name, metric.help, metric.labels, buckets=metric.buckets, registry=registry)
    for values, amount, is_traced in observed:
        if is_traced:
            mine[values].observe_traced(amount, TRACE)
            known.labels(*values).observe(amount, {"trace_id": TRACE})
        else:
            mine[values].observe(amount)
            known.labels(*values).observe(amount)

    for openmetrics in (False, True):
        found, expected = (
            [line.partition(" # ")[0::2] for line in lines]
            for lines in (ours(families, openmetrics=openmetrics), theirs(registry, openmetrics=openmetrics))
        )
        assert [(line, example.rpartition(" ")[0]) for line, example in found] == [
            (line, example.rpartition(" ")[0]) for line, example in expected
        ]


def test_a_bucket_shows_the_latest_observation_that_has_a_trace_and_when_it_was_made() -> None:
    histogram = Histogram(BUCKETS, now=lambda: AT_SECONDS)
    histogram.observe_traced(0.7, "first")
    histogram.observe_traced(0.8, TRACE)
    histogram.observe(0.9)

    text = HistogramBlock(metric_of("histogram"), ("a", "b"), series=histogram).text(openmetrics=True)

    assert text.splitlines()[2] == (
        f'things_seconds_bucket{{area="b",le="1.0",zone="a"}} 3.0 # {{trace_id="{TRACE}"}} 0.8 {AT_SECONDS}'
    )


def test_a_slice_is_short_and_holds_whole_series() -> None:
    families = Families({})
    histograms = families.histograms(metric_of("histogram"))
    for number in range(1_000):
        histograms[str(number), ""].observe(0.1)

    slices = [piece.decode() for piece in Rendering(families, []).slices(openmetrics=False)]

    lines = [piece.count("\n") for piece in slices]
    assert max(lines) < LINES_A_SLICE + len(BUCKETS) + 3
    assert sum(lines) == 1_000 * (len(BUCKETS) + 3) + 5
    assert all(later.startswith(("things_seconds_bucket", "#")) for _, later in pairwise(slices))


def test_a_histogram_is_of_one_moment_though_it_is_counted_on_between_slices() -> None:
    families = Families({})
    histograms = families.histograms(metric_of("histogram"))
    for number in range(1_000):
        histograms[str(number), ""].observe(0.1)

    text = ""
    for piece in Rendering(families, []).slices(openmetrics=False):
        text += piece.decode()
        for number in range(1_000):
            histograms[str(number), ""].observe(0.1)

    samples = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    for number in range(1_000):
        zone = f'zone="{number}"'
        assert (
            samples[f'things_seconds_count{{area="",{zone}}}']
            == samples[f'things_seconds_bucket{{area="",le="+Inf",{zone}}}']
        )
    assert len({value for name, value in samples.items() if "_count" in name}) > 1


def test_what_came_after_the_last_scrape_is_in_the_next() -> None:
    families = Families({})
    counters = families.counters(metric_of("counter"))
    rendering = Rendering(families, [])
    counters["a", "b"].inc()
    list(rendering.slices(openmetrics=False))
    counters["a", "b"].inc()
    counters["c", "d"].inc()

    lines = b"".join(rendering.slices(openmetrics=False)).decode().splitlines()

    assert [line for line in lines if line.startswith("things")] == [
        'things_total{area="b",zone="a"} 2.0',
        'things_total{area="d",zone="c"} 1.0',
    ]


def test_readings_are_rendered_like_series() -> None:
    metric = metric_of("gauge")
    look = [Reading(metric=metric, value=2e6, labels=('"', "b"))]

    lines = b"".join(Rendering(Families({}), [lambda: look]).slices(openmetrics=False)).decode().splitlines()

    assert lines[-3:] == ["# HELP things It counts.", "# TYPE things gauge", 'things{area="b",zone="\\""} 2e+06']
