"""How a log line looks to a person at a terminal: words in columns, coloured where that says something."""

from datetime import datetime

from telemetry.events import LogLevel
from telemetry.log_format import Render
from telemetry.log_line import Line

_RED, _GREEN, _YELLOW, _CYAN, _DIM = "\x1b[31m", "\x1b[32m", "\x1b[33m", "\x1b[36m", "\x1b[2m"
_RESET = "\x1b[0m"
_LEVELS: dict[LogLevel, str] = {"debug": _DIM, "info": _GREEN, "warning": _YELLOW, "error": _RED}
_STATUSES = {"2": _GREEN, "3": _CYAN, "4": _YELLOW, "5": _RED}
"""By the first digit of a request's status."""

_REASONS = ("error.type", "error.reason", "error.faults", "degraded")
_MILLISECONDS = 1000
_SLOW_SECONDS = 1.0


def human_lines(*, coloured: bool) -> Render:
    """The local time, the level, the message, the reasons, how long it took, the request's id; a traceback below."""

    def paint(colour: str, text: str) -> str:
        return f"{colour}{text}{_RESET}" if coloured and text else text

    def message(line: Line) -> str:
        if line.event != "request_finished":
            return line.message
        status, _, place = line.message.partition(" ")
        return f"{paint(_STATUSES.get(status[0], _DIM), status)} {place}"

    def render(line: Line, at_seconds: float) -> bytes:
        words = [
            paint(_DIM, f"{datetime.fromtimestamp(at_seconds).astimezone():%H:%M:%S}"),
            paint(_LEVELS[line.level], f"{line.level:<7}"),
            message(line),
            paint(_YELLOW, _reasons(line)) if line.event == "request_finished" else "",
            paint(_YELLOW if _is_slow(line) else _DIM, _duration(line)),
            paint(_DIM, str(line.fields.get("request_id", ""))),
        ]
        text = "\n".join(filter(None, (" ".join(filter(None, words)), line.text.rstrip())))
        return text.encode(errors="backslashreplace") + b"\n"

    return render


def _reasons(line: Line) -> str:
    """Why a request was not answered as it was meant, and how the answer came about."""
    found = [line.fields[name] for name in _REASONS if name in line.fields]
    words = [", ".join(one) if isinstance(one, tuple) else str(one) for one in found]
    return f"({'; '.join(words)})" if words else ""


def _is_slow(line: Line) -> bool:
    seconds = line.fields.get("duration_seconds")
    return line.event == "request_finished" and isinstance(seconds, float) and seconds >= _SLOW_SECONDS


def _duration(line: Line) -> str:
    seconds = line.fields.get("duration_seconds")
    if not isinstance(seconds, float):
        return ""
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * _MILLISECONDS:.1f} ms"
