"""What prometheus-client sees of the garbage collector; the one file that knows that library."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, GCCollector

from telemetry.catalogue import CATALOGUE
from telemetry.readings import Look, Reading

_METRICS = {metric.name: metric for metric in CATALOGUE}


def garbage_look() -> Look:
    """Look at the samples the catalogue has a row for."""
    registry = CollectorRegistry()
    GCCollector(registry=registry)

    def look() -> Iterator[Reading]:
        for family in registry.collect():
            for sample in family.samples:
                if sample.name in _METRICS:
                    metric = _METRICS[sample.name]
                    yield Reading(metric=metric, value=sample.value, labels=tuple(sample.labels.values()))

    return look
