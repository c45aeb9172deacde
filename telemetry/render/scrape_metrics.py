"""The series that are there without an event: Prometheus' own about each scrape."""

from telemetry.catalogue import Metric

UP = Metric(name="up", kind="gauge", help="1 where the last scrape of this target succeeded, otherwise 0.")

SCRAPE_METRICS = (UP,)
"""All of them."""
