"""Every metric as data: what readers of events fill, and panels and alerts quote.

The rows stand by what they are about: `request_rows`, `caller_rows`, `outbound_rows`, `server_rows`, `process_rows`. A
new one is a row in one of those files, and a line in the reader of the same name in `telemetry/metrics`; one that is
looked at when somebody scrapes, in `readings.py` or `server_states.py`.
"""

from telemetry.catalogue import caller_rows, outbound_rows, process_rows, request_rows, server_rows
from telemetry.catalogue.metric import Metric, MetricKind

__all__ = ["CATALOGUE", "Metric", "MetricKind"]

CATALOGUE: tuple[Metric, ...] = tuple(
    row
    for rows in (request_rows, caller_rows, outbound_rows, server_rows, process_rows)
    for row in vars(rows).values()
    if isinstance(row, Metric)
)
"""All of them."""
