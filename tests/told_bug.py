"""A bug as it is told: what a test changes of it, and the rest."""

from dataclasses import replace
from typing import Any

from telemetry.caught_errors import CaughtError, Frame
from telemetry.events import ExceptionCaught

FRAME = Frame(path="/srv/shop.py", module="shop", function="pay", line_number=3, source="raise KeyError(1)")
CAUGHT = ExceptionCaught(
    error_type="KeyError",
    errors=(CaughtError(error_type="KeyError", module="builtins", message="1", frames=(FRAME,)),),
    fingerprint="f00d",
    method="POST",
    route="/pay",
    request_id="r-1",
    trace_id="0af7651916cd43dd8448eb211c80319c",
    span_id="b7ad6b7169203331",
)
TRACEBACK = """\
Traceback (most recent call last):
  File "/srv/shop.py", line 3, in pay
    raise KeyError(1)
KeyError: 1
"""


def caught(**changes: Any) -> ExceptionCaught:
    """The bug, changed."""
    return replace(CAUGHT, **changes)
