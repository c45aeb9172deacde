"""What happened in the last seconds: a count of calls, failures and slow ones that slides over time."""


class Window:
    """Counts in buckets of equal width; the oldest one is emptied as time moves on."""

    __slots__ = ("_calls", "_failures", "_number", "_slow", "_width", "calls", "failures", "slow")

    def __init__(self, *, window_seconds: float, buckets: int) -> None:
        self._width = window_seconds / buckets
        self._calls = [0] * buckets
        self._failures = [0] * buckets
        self._slow = [0] * buckets
        self._number = 0
        self.calls = self.failures = self.slow = 0

    def add(self, now: float, *, failed: bool, slow: bool) -> None:
        """Count one call at this instant of a clock that never goes back."""
        number = int(now / self._width)
        if number != self._number:
            self._move_to(number)
        place = number % len(self._calls)
        self._calls[place] += 1
        self.calls += 1
        if failed:
            self._failures[place] += 1
            self.failures += 1
        if slow:
            self._slow[place] += 1
            self.slow += 1

    def add_good(self, now: float) -> None:
        """Count one call that neither failed nor was slow."""
        number = int(now / self._width)
        if number != self._number:
            self._move_to(number)
        self._calls[number % len(self._calls)] += 1
        self.calls += 1

    def clear(self) -> None:
        """Forget everything."""
        self._move_to(self._number + len(self._calls))

    def _move_to(self, number: int) -> None:
        buckets = len(self._calls)
        for passed in range(max(self._number + 1, number - buckets + 1), number + 1):
            place = passed % buckets
            self.calls -= self._calls[place]
            self.failures -= self._failures[place]
            self.slow -= self._slow[place]
            self._calls[place] = self._failures[place] = self._slow[place] = 0
        self._number = number
