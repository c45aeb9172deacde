"""Things of this process by their names, up to so many bytes of them; the longest unused makes room."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class Nearby(Generic[T]):
    """Keeps things of no more than `maximum_bytes` in all; whoever puts one says how large it is."""

    def __init__(self, maximum_bytes: int) -> None:
        self._maximum_bytes = maximum_bytes
        self._kept: OrderedDict[Hashable, T] = OrderedDict()
        self._sizes_bytes: dict[Hashable, int] = {}
        """Apart from the things, so that nobody who gets one looks at it."""
        self.size_bytes = 0
        """Of all that is there."""

    def get(self, name: Hashable) -> T | None:
        """What was put under this name, if it is still there."""
        found = self._kept.get(name)
        if found is not None:
            self._kept.move_to_end(name)
        return found

    def put(self, name: Hashable, thing: T, *, size_bytes: int) -> None:
        """Keep something, instead of what has this name, unless it takes more than all there may be."""
        self.drop(name)
        if size_bytes > self._maximum_bytes:
            return
        self._kept[name] = thing
        self._sizes_bytes[name] = size_bytes
        self.size_bytes += size_bytes
        while self.size_bytes > self._maximum_bytes:
            self.drop(next(iter(self._kept)))

    def drop(self, name: Hashable) -> None:
        """Let go of what is under this name."""
        if self._kept.pop(name, None) is not None:
            self.size_bytes -= self._sizes_bytes.pop(name)
