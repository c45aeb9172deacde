"""What is measured of the process itself, and of what watches it."""

from telemetry.catalogue.metric import Metric
from telemetry.log_line import LEVELS

# A loop at rest is a millisecond late at most, by the kernel's timers; 50 ms is what one request may hold it up.
LAG_BUCKETS_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)

# A run over ten thousand objects takes about a millisecond, one over a million a tenth of a second and more.
PAUSE_BUCKETS_SECONDS = (0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0)

_GENERATIONS = ("0", "1", "2")

EVENT_LOOP_LAG = Metric(
    name="asyncio_event_loop_lag_seconds",
    kind="histogram",
    help="How much later than asked the event loop was, measured four times a second.",
    buckets=LAG_BUCKETS_SECONDS,
)
ASYNCIO_TASKS = Metric(
    name="asyncio_tasks",
    kind="gauge",
    help="Tasks of the event loop that are not done.",
)
TLS_CERTIFICATE_RENEWALS = Metric(
    name="tls_certificate_renewals_total",
    kind="counter",
    help="Changes of the TLS certificate's files: ok where new connections use them, error where they cannot be used.",
    labels=("outcome",),
    words={"outcome": ("ok", "error")},
)
TLS_CERTIFICATE_NOT_BEFORE = Metric(
    name="tls_certificate_not_before_timestamp_seconds",
    kind="gauge",
    help="From when on the TLS certificate that callers are shown is valid, in seconds since 1970.",
)
TLS_CERTIFICATE_NOT_AFTER = Metric(
    name="tls_certificate_not_after_timestamp_seconds",
    kind="gauge",
    help="When the TLS certificate that callers are shown ends, in seconds since 1970.",
)
TLS_CERTIFICATE_CURRENT = Metric(
    name="tls_certificate_current",
    kind="gauge",
    help="1 while callers are shown the TLS certificate that lies in the files, 0 while that one cannot be used.",
)
LOG_EVENTS = Metric(
    name="log_events_total",
    kind="counter",
    help="Log lines by level, those the level setting hides left out.",
    labels=("level",),
    words={"level": LEVELS},
)
LOG_EVENTS_DROPPED = Metric(
    name="log_events_dropped_total",
    kind="counter",
    help="Log lines given up because their sink did not take them.",
)
LOG_EVENTS_SAMPLED_OUT = Metric(
    name="log_events_sampled_out_total",
    kind="counter",
    help="Log lines of healthy requests left out, as there were more than are kept.",
)
SENTRY_EVENTS = Metric(
    name="sentry_events_total",
    kind="counter",
    help="Bugs by what became of their reports: sent, left out as one of many, dropped for want of room, not taken.",
    labels=("outcome",),
)
TRACE_EXPORTS = Metric(
    name="trace_exports_total",
    kind="counter",
    help="Requests whose spans were to be sent to a collector: taken, dropped for want of room, not taken.",
    labels=("outcome",),
)
OBSERVER_FAILURES = Metric(
    name="observer_failures_total",
    kind="counter",
    help="Events a reader lost by failing.",
)
LABEL_OVERFLOW = Metric(
    name="metrics_label_overflow_total",
    kind="counter",
    help="Samples counted under _OTHER because their metric had as many label sets as it may.",
)
APP_BUILD_INFO = Metric(
    name="app_build_info",
    kind="gauge",
    help="Always 1; the labels say what is running.",
    labels=("service", "version", "deployment_environment", "mainstay_version", "python_version"),
)
PROCESS_CPU = Metric(
    name="process_cpu_seconds_total",
    kind="counter",
    help="CPU time of the process, in its own code and in the kernel's.",
)
PROCESS_RESIDENT_MEMORY = Metric(
    name="process_resident_memory_bytes",
    kind="gauge",
    help="Memory of the process that is in RAM.",
)
PROCESS_VIRTUAL_MEMORY = Metric(
    name="process_virtual_memory_bytes",
    kind="gauge",
    help="Address space of the process.",
)
PROCESS_OPEN_FDS = Metric(
    name="process_open_fds",
    kind="gauge",
    help="Files and sockets the process has open.",
)
PROCESS_MAX_FDS = Metric(
    name="process_max_fds",
    kind="gauge",
    help="Files and sockets the process may have open.",
)
PROCESS_START_TIME = Metric(
    name="process_start_time_seconds",
    kind="gauge",
    help="When the process started, in seconds since 1970.",
)
GC_PAUSE = Metric(
    name="python_gc_pause_seconds",
    kind="histogram",
    help="How long a run of the garbage collector stopped the process; those over the youngest objects are left out.",
    labels=("generation",),
    words={"generation": _GENERATIONS[1:]},
    buckets=PAUSE_BUCKETS_SECONDS,
)
GC_OBJECTS_COLLECTED = Metric(
    name="python_gc_objects_collected_total",
    kind="counter",
    help="Objects the garbage collector freed.",
    labels=("generation",),
    words={"generation": _GENERATIONS},
)
GC_OBJECTS_UNCOLLECTABLE = Metric(
    name="python_gc_objects_uncollectable_total",
    kind="counter",
    help="Objects the garbage collector found and could not free.",
    labels=("generation",),
    words={"generation": _GENERATIONS},
)
GC_COLLECTIONS = Metric(
    name="python_gc_collections_total",
    kind="counter",
    help="Runs of the garbage collector.",
    labels=("generation",),
    words={"generation": _GENERATIONS},
)
