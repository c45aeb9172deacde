"""A bug in Sentry's form (https://develop.sentry.dev/sdk/data-model/event-payloads/)."""

import linecache
import platform
import re
import sys
from datetime import UTC, datetime
from pathlib import PurePath

from telemetry.caught_errors import CaughtError, Frame
from telemetry.deployment import Deployment
from telemetry.error_reports import Report

_LINES_AROUND = 5
_OUR_PACKAGES = frozenset({"telemetry", "middleware", "storage", "server"})
_LIBRARIES = re.compile(r"/(site|dist)-packages/|^<")


def payload_of(report: Report, deployment: Deployment) -> dict[str, object]:
    """What Sentry is told of it."""
    caught = report.caught
    tags = {
        "service": deployment.service,
        "route": caught.route,
        "method": caught.method,
        "request_id": caught.request_id,
        "fingerprint": caught.fingerprint,
    }
    return {
        "timestamp": datetime.fromtimestamp(report.at_seconds, UTC),
        "level": "error",
        "platform": "python",
        "logger": "mainstay",
        "transaction": " ".join(filter(None, (caught.method, caught.route))),
        "tags": {name: value for name, value in tags.items() if value},
        "contexts": {
            "trace": {"trace_id": caught.trace_id, "span_id": caught.span_id, "op": "http.server"},
            "runtime": {"name": platform.python_implementation(), "version": platform.python_version()},
            "reports": {"left_out_since_the_last_of_this_kind": report.left_out},
        },
        "exception": {"values": [_value(error) for error in caught.errors]},
    }


def _value(error: CaughtError) -> dict[str, object]:
    value: dict[str, object] = {
        "type": error.error_type,
        "module": error.module,
        "value": error.message,
        "mechanism": {"type": "mainstay", "handled": False},
    }
    if error.frames:
        value["stacktrace"] = {"frames": [_frame(frame) for frame in error.frames]}
    return value


def _frame(frame: Frame) -> dict[str, object]:
    """A place with the lines around it; of its path only as much as names the module: the rest is the machine's."""
    lines = [line.rstrip("\n") for line in linecache.getlines(frame.path)]
    index = frame.line_number - 1
    found: dict[str, object] = {
        "filename": "/".join(PurePath(frame.path).parts[-1 - frame.module.count(".") - _is_package(frame) :]),
        "module": frame.module,
        "function": frame.function,
        "lineno": frame.line_number,
        "in_app": _is_the_teams(frame),
    }
    if 0 <= index < len(lines):
        found["pre_context"] = lines[max(0, index - _LINES_AROUND) : index]
        found["context_line"] = lines[index]
        found["post_context"] = lines[index + 1 : index + 1 + _LINES_AROUND]
    return found


def _is_package(frame: Frame) -> bool:
    return frame.path.endswith("/__init__.py")


def _is_the_teams(frame: Frame) -> bool:
    """Whether the code is the service's own: neither ours nor a library's."""
    is_ours = frame.module.partition(".")[0] in _OUR_PACKAGES
    is_a_librarys = _LIBRARIES.search(frame.path) is not None or frame.path.startswith(f"{sys.base_prefix}/lib/")
    return not is_ours and not is_a_librarys
