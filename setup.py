"""What setup.cfg cannot say: with MAINSTAY_COMPILED=1 the modules that every request goes through are compiled to C."""

import os

from setuptools import setup

COMPILED = (
    "middleware/deadlines.py",
    "middleware/inbound/answer_bytes.py",
    "middleware/inbound/answering.py",
    "middleware/inbound/at_work.py",
    "middleware/inbound/authenticate.py",
    "middleware/inbound/authorize.py",
    "middleware/inbound/caller.py",
    "middleware/inbound/deadline.py",
    "middleware/inbound/deadline_timer.py",
    "middleware/inbound/directory.py",
    "middleware/inbound/doorbell.py",
    "middleware/inbound/guarded_parser.py",
    "middleware/inbound/identify.py",
    "middleware/inbound/leases.py",
    "middleware/inbound/limiter.py",
    "middleware/inbound/observe.py",
    "middleware/inbound/outbox.py",
    "middleware/inbound/own_context.py",
    "middleware/inbound/own_hosts.py",
    "middleware/inbound/priorities.py",
    "middleware/inbound/protocol.py",
    "middleware/inbound/rate_limit.py",
    "middleware/inbound/shed_protocol.py",
    "middleware/inbound/telling.py",
    "middleware/inbound/turns.py",
    "middleware/inbound/validate.py",
    "middleware/outbound/circuit.py",
    "middleware/outbound/permits.py",
    "middleware/outbound/retry_budget.py",
    "middleware/outbound/window.py",
    "middleware/sweeper.py",
    "server/cache_headers.py",
    "server/cached_handlers.py",
    "server/callers_records.py",
    "server/identity/callers_access.py",
    "server/identity/key_text.py",
    "server/record_handlers.py",
    "server/replicated_handlers.py",
    "server/requests/conditions.py",
    "server/requests/json_body.py",
    "server/requests/json_document.py",
    "server/requests/loose_values.py",
    "server/requests/negotiation.py",
    "server/requests/query_string.py",
    "server/requests/record_input.py",
    "server/requests/record_requests.py",
    "storage/cache/answered.py",
    "storage/cache/cached_reads.py",
    "storage/cache/candidate.py",
    "storage/cache/entry.py",
    "storage/cache/near_answers.py",
    "storage/cache/nearby.py",
    "storage/cache/question.py",
    "storage/cache/roll_call.py",
    "storage/cache/tellings.py",
    "storage/column_values.py",
    "storage/company.py",
    "storage/postgres/array_text.py",
    "storage/postgres/literals.py",
    "storage/postgres/slots.py",
    "storage/redis/coalescing.py",
    "storage/redis/redis_wire.py",
    "storage/uuid7.py",
    "storage/wire.py",
    "telemetry/context.py",
    "telemetry/ended_request.py",
    "telemetry/json_text.py",
    "telemetry/kept_traces.py",
    "telemetry/log_lines.py",
    "telemetry/log_sampling.py",
    "telemetry/log_sink.py",
    "telemetry/logs.py",
    "telemetry/metrics/examples.py",
    "telemetry/metrics/request_metrics.py",
    "telemetry/metrics/series.py",
    "telemetry/recorder.py",
    "telemetry/recording.py",
    "telemetry/request_lines.py",
    "telemetry/server_timing.py",
)
"""Of a request that is read, those in which most of its time goes that mypyc takes as they are."""


def _extensions() -> list[object]:
    if os.environ.get("MAINSTAY_COMPILED") != "1":
        return []
    from mypyc.build import mypycify  # noqa: PLC0415 - only who compiles has it

    return mypycify(list(COMPILED), opt_level="2", debug_level="0", group_name="mainstay", target_dir="build/c")


setup(ext_modules=_extensions())
