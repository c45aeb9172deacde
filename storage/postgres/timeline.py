"""Which servers are behind: a Postgres that was promoted begins a new timeline, and its predecessor's is over.

A primary that was given up and comes back still takes writes, and nobody else will ever see them. So the latest
timeline anybody was on is remembered, and who is on an earlier one is left alone, whatever it says of itself.
(PostgreSQL manual, 25.3.6: timelines are numbered upwards.)
"""


class Fence:
    """Remembers the latest timeline for all connections of a process."""

    __slots__ = ("_latest",)

    def __init__(self) -> None:
        self._latest = 0

    @property
    def is_blank(self) -> bool:
        """Whether nobody has been seen yet: then nobody can be told to be behind."""
        return self._latest == 0

    def passes(self, timeline: int) -> bool:
        """Whether a server on this timeline may be used; a later one than any before is so from now on."""
        self._latest = max(self._latest, timeline)
        return timeline == self._latest
