"""What is measured of requests and of what is kept for them."""

from typing import get_args

from telemetry.catalogue.metric import Metric
from telemetry.events import CacheResult, InvalidationOutcome, RejectReason

# OpenTelemetry's advice for `http.server.request.duration` (HTTP semantic conventions 1.23), with two finer steps
# below it: a read by key takes about a millisecond, and a bucket that swallows every good answer shows nothing.
REQUEST_BUCKETS_SECONDS = (
    0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
)  # fmt: skip

HTTP_REQUEST_DURATION = Metric(
    name="http_server_request_duration_seconds",
    kind="histogram",
    help="Time from a request's arrival to its answer.",
    labels=("http_request_method", "http_route", "http_response_status_code"),
    buckets=REQUEST_BUCKETS_SECONDS,
)
HTTP_ACTIVE_REQUESTS = Metric(
    name="http_server_active_requests",
    kind="gauge",
    help="Requests that have arrived and are not answered yet.",
)
HTTP_REQUESTS_REJECTED = Metric(
    name="http_server_requests_rejected_total",
    kind="counter",
    help="Requests turned away before any handler saw them.",
    labels=("reason",),
    words={"reason": ("malformed", "rate_limited", *get_args(RejectReason))},
)
HTTP_CLIENT_DISCONNECTS = Metric(
    name="http_server_client_disconnects_total",
    kind="counter",
    help="Callers that left before their answer was ready.",
)
CONCURRENCY_LIMIT = Metric(
    name="concurrency_limit",
    kind="gauge",
    help="Requests that may be at work at once; while more are asked for, the others wait or are refused.",
)
APP_EXCEPTIONS = Metric(
    name="app_exceptions_total",
    kind="counter",
    help="Bugs: exceptions nobody translated, answered with 500.",
)
CACHE_REQUESTS = Metric(
    name="cache_requests_total",
    kind="counter",
    help="Reads of cached resources, by where the answer came from; degraded is without what Redis keeps.",
    labels=("cache", "result"),
    words={"result": get_args(CacheResult)},
)
CACHE_INVALIDATIONS = Metric(
    name="cache_invalidations_total",
    kind="counter",
    help="Writes made known to the cache of all replicas: at once, later (owed), and those made up for (repeated).",
    labels=("outcome",),
    words={"outcome": get_args(InvalidationOutcome)},
)
SLI_EVENTS = Metric(
    name="sli_events_total",
    kind="counter",
    help="Requests that an objective covers, by whether they were as promised: good or bad.",
    labels=("sli", "outcome"),
    words={"outcome": ("good", "bad")},
)
SLO_OBJECTIVE = Metric(
    name="slo_objective_ratio",
    kind="gauge",
    help="The share of an objective's requests that is to be good.",
    labels=("sli",),
)
