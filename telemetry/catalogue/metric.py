"""What a metric is, as data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

MetricKind = Literal["counter", "gauge", "histogram"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One metric; `buckets` are a histogram's upper bounds, in the unit the name ends with.

    `words` are the values of each label whose values are a closed set. Series all of whose labels are closed, or known
    from the declaration (`Names`), are there from the start.
    """

    name: str
    kind: MetricKind
    help: str
    labels: tuple[str, ...] = ()
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    buckets: tuple[float, ...] = ()
