"""Where a request's time went, for the caller: the stages of the Server-Timing header."""

_MILLISECONDS = 1000


class Stages(dict[str, float]):
    """The seconds a request spent on each stage; a stage entered twice adds up.

    There is one for each request: to make a dict costs less than to make something that has one.
    """

    __slots__ = ()

    def add(self, stage: str, seconds: float) -> None:
        """Count `seconds` towards `stage`, a word of letters, digits and `_`."""
        self[stage] = self.get(stage, 0.0) + seconds

    @property
    def seconds(self) -> tuple[tuple[str, float], ...]:
        """Each stage and its seconds, in the order they were entered."""
        return tuple(self.items())

    def header(self, total_seconds: float) -> str:
        """The header's value, in milliseconds: `total;dur=2.31, validate;dur=0.12, postgres;dur=1.70`."""
        told = f"total;dur={total_seconds * _MILLISECONDS:.2f}"
        for stage, seconds in self.items():
            told = f"{told}, {stage};dur={seconds * _MILLISECONDS:.2f}"
        return told
