"""How readers look at a request that was answered before anybody makes an event of it.

Of many requests a second, nearly all are only counted: their lines are sampled out and their traces not kept. What is
counted needs no more than the address, the status, the time and the context, so that each reader says at a glance
whether it wants the whole event, which is made where one of them does. An event costs 2 µs, and what it tells besides
as much again.
"""

from collections.abc import Callable
from typing import Any

from telemetry.context import RequestContext

Whole = Callable[[Any], None]
"""Takes the event of a request that was answered, once it is made."""

Glance = Callable[[float, RequestContext], Whole | None]
"""Looks at a request that took so many seconds; gives who wants the whole event, None where all has been done."""


def whole(read: Whole) -> Glance:
    """The glance of a reader that wants each event whole."""
    return lambda _seconds, _context: read
