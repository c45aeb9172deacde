"""What a span is: a stretch of a request's time, of a name, in another; the words are OpenTelemetry's.

    the request                              server      GET /orders/{id}
    ├── a layer                              internal    handler
    │   ├── a call to a database             client      orders.read postgres
    │   │   └── a wait for a connection      internal    connection_wait postgres
    │   └── a call to an upstream            internal    write payments
    │       └── one attempt                  client      POST

Times are of the monotonic clock, in seconds. Nothing a caller sent is in them but the trace it belongs to and the id
it gave its request.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["server", "internal", "client"]
Attribute = str | int | float | bool
Attributes = Mapping[str, Attribute]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Something that happened within a span and took no time."""

    name: str
    at_seconds: float
    attributes: Attributes


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A stretch of a request's time; `number` gives its id, `parent` is the number of the span it lies in.

    `error_type` is empty where nothing failed; `depth` is 0 for the request itself, which is its own parent.
    """

    number: int
    parent: int
    name: str
    kind: Kind
    started_seconds: float
    ended_seconds: float
    attributes: Attributes = field(default_factory=dict)
    error_type: str = ""
    moments: tuple[Moment, ...] = ()
    depth: int = 0
