"""What a heatmap shows of a histogram: each bucket without those below, which its own count has in it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from tests.pictures.asking import Line


def bands(buckets: Sequence[Line]) -> Iterator[Line]:
    """Each bucket, by its bound, the lowest first, with what it has beyond the one below."""
    below: Mapping[float, float] = {}
    for line in sorted(buckets, key=lambda line: float(line.labels["le"])):
        yield replace(line, points=tuple((time, value - below.get(time, 0.0)) for time, value in line.points))
        below = dict(line.points)
