"""The comment that says, in Postgres' own views and logs, for which call of which trace a statement runs."""

from telemetry.context import CURRENT_REQUEST
from telemetry.recording import CURRENT_CALL


def traced(sql: str) -> str:
    """The SQL behind the place in the trace it runs for, where that trace is sampled; else as it is.

    The form is sqlcommenter's (https://google.github.io/sqlcommenter/spec/). The comment stands in front, as Postgres
    shows only the first 1,024 bytes of a statement (`track_activity_query_size`).
    """
    context = CURRENT_REQUEST.get()
    if context is None or not context.sampled:
        return sql
    return f"/*traceparent='{context.traceparent_of(context.span_id_of(CURRENT_CALL.get()))}'*/ {sql}"
