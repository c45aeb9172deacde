"""How a log line looks: JSON for machines, coloured words for a person at a terminal."""

from collections.abc import Callable
from datetime import UTC, datetime

import orjson

from telemetry.deployment import Deployment
from telemetry.events import LogLevel
from telemetry.json_text import dump_json
from telemetry.log_line import Line

Render = Callable[[Line, float], bytes]
"""Writes a line, its newline included, for an instant in seconds since 1970."""

_COLOURS: dict[LogLevel, str] = {"debug": "\x1b[2m", "info": "\x1b[32m", "warning": "\x1b[33m", "error": "\x1b[31m"}
_DIM = "\x1b[2m"
_RESET = "\x1b[0m"
_MILLISECONDS = 1000


def json_lines(deployment: Deployment) -> Render:
    """One JSON object a line: when, how grave, what, in words; the deployment; then the event's own fields."""

    def render(line: Line, at_seconds: float) -> bytes:
        record: dict[str, object] = {
            "timestamp": datetime.fromtimestamp(at_seconds, UTC),
            "level": line.level,
            "message": line.message,
            "event": line.event,
            "service.name": deployment.service,
            "service.version": deployment.version,
            "deployment.environment.name": deployment.environment,
            **line.fields,
        }
        if line.text:
            record["exception.stacktrace"] = line.text
        return dump_json(record, option=orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE)

    return render


def human_lines(*, coloured: bool) -> Render:
    """The local time, the level, the message, how long it took and the request's id; a traceback below."""

    def paint(colour: str, text: str) -> str:
        return f"{colour}{text}{_RESET}" if coloured else text

    def render(line: Line, at_seconds: float) -> bytes:
        clock = f"{datetime.fromtimestamp(at_seconds).astimezone():%H:%M:%S}"
        words = [paint(_DIM, clock), paint(_COLOURS[line.level], f"{line.level:<7}"), line.message]
        seconds = line.fields.get("duration_seconds")
        if isinstance(seconds, float):
            words.append(paint(_DIM, f"{seconds * _MILLISECONDS:.1f} ms"))
        if "request_id" in line.fields:
            words.append(paint(_DIM, str(line.fields["request_id"])))
        return "\n".join(filter(None, (" ".join(words), line.text.rstrip()))).encode(errors="backslashreplace") + b"\n"

    return render
