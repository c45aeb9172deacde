"""The series that are there without an event: Prometheus' own about each scrape."""

from telemetry.catalogue import Metric

UP = Metric(name="up", kind="gauge", help="1 where the last scrape of this target succeeded, otherwise 0.")
SCRAPE_DURATION = Metric(name="scrape_duration_seconds", kind="gauge", help="How long the last scrape took.")
SCRAPE_SAMPLES = Metric(name="scrape_samples_scraped", kind="gauge", help="Samples the last scrape brought.")
SCRAPE_NEW_SERIES = Metric(
    name="scrape_series_added", kind="gauge", help="Series the last scrape brought for the first time, about."
)

SCRAPE_METRICS = (UP, SCRAPE_DURATION, SCRAPE_SAMPLES, SCRAPE_NEW_SERIES)
"""All of them."""
