"""Where the primary was when: what says how old that can be which a replica shows.

A replica that has replayed up to where the primary was at an instant shows every write acknowledged before it. So no
clock but ours has a say, and none that believes itself in step because nobody sends it anything.
"""

import math
from bisect import bisect_right

from storage.replicas.position import Position


class Course:
    """The places the primary was seen at within the last `kept_seconds`, on one timeline."""

    def __init__(self, *, kept_seconds: float) -> None:
        self._kept_seconds = kept_seconds
        self._timeline = 0
        self._places: list[int] = []
        self._instants: list[float] = []

    def note(self, position: Position, *, asked_at: float) -> None:
        """The primary was here, or farther, when it answered a question asked at this instant."""
        if position.timeline != self._timeline:
            self._timeline = position.timeline
            self._places, self._instants = [], []
        if self._places and position.place < self._places[-1]:
            return  # an answer that another has overtaken
        if self._places and position.place == self._places[-1]:
            self._instants[-1] = max(asked_at, self._instants[-1])
            return
        self._places.append(position.place)
        self._instants.append(asked_at)
        self._forget(asked_at - self._kept_seconds)

    def age_of(self, position: Position, *, now: float) -> float:
        """For how many seconds at most what shows this place has lacked anything; infinite where nobody can tell."""
        if position.timeline != self._timeline:
            return math.inf
        passed = bisect_right(self._places, position.place)
        return now - self._instants[passed - 1] if passed else math.inf

    def _forget(self, before: float) -> None:
        kept = bisect_right(self._instants, before)
        if kept:
            del self._places[:kept], self._instants[:kept]
