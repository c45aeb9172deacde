"""How a log line looks to machines: JSON; how to a person, `terminal_lines` says."""

from collections.abc import Callable
from datetime import UTC, datetime

import orjson

from telemetry.deployment import Deployment
from telemetry.json_text import dump_json
from telemetry.log_line import Line

Render = Callable[[Line, float], bytes]
"""Writes a line, its newline included, for an instant in seconds since 1970."""


def json_lines(deployment: Deployment) -> Render:
    """One JSON object a line: when, how grave, what, in words; the deployment; then the event's own fields."""

    worker = {} if deployment.worker is None else {"worker": deployment.worker}

    def render(line: Line, at_seconds: float) -> bytes:
        record: dict[str, object] = {
            "timestamp": datetime.fromtimestamp(at_seconds, UTC),
            "level": line.level,
            "message": line.message,
            "event": line.event,
            "service.name": deployment.service,
            "service.version": deployment.version,
            "deployment.environment.name": deployment.environment,
            **worker,
            **line.fields,
        }
        if line.text:
            record["exception.stacktrace"] = line.text
        return dump_json(record, option=orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE)

    return render
