"""Whether two kinds of refusal can be told apart by the time they take.

SAMPLES of each kind, in random order; the slowest twentieth, which is the machine's and not the code's, is cut to the
common 95th percentile. The kinds count as distinguishable when Welch's t is over 5 and the difference is over a fifth
of a standard deviation (Cohen's d): a busy machine reaches neither together by chance, while a read of a row more, or a
slow comparison, is ten times that.
"""

import math
import statistics
from collections.abc import Sequence

SAMPLES = 2_000
CERTAIN_T, NOTICEABLE_D = 5.0, 0.2


def welch(one: Sequence[float], other: Sequence[float]) -> tuple[float, float]:
    """Welch's t of the difference of means, and Cohen's d."""
    difference = statistics.fmean(one) - statistics.fmean(other)
    variances = statistics.variance(one), statistics.variance(other)
    t = difference / math.sqrt(variances[0] / len(one) + variances[1] / len(other))
    return t, difference / math.sqrt(sum(variances) / 2)


def is_distinguishable(one: Sequence[float], other: Sequence[float]) -> bool:
    limit = sorted([*one, *other])[int(0.95 * (len(one) + len(other)))]
    t, d = welch(*([min(each, limit) for each in some] for some in (one, other)))
    return abs(t) > CERTAIN_T and abs(d) > NOTICEABLE_D
