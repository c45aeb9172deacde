"""Things of this process by their names, up to so many bytes of them; the longest unused makes room."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class Nearby(Generic[T]):
    """Keeps things of no more than `maximum_bytes` in all; whoever puts one says how large it is."""

    def __init__(self, maximum_bytes: int) -> None:
        self._maximum_bytes = maximum_bytes
        self._kept: OrderedDict[Hashable, tuple[T, int]] = OrderedDict()
        self.size_bytes = 0
        """Of all that is there."""

    def get(self, name: Hashable) -> T | None:
        """What was put under this name, if it is still there."""
        found = self._kept.get(name)
        if found is None:
            return None
        self._kept.move_to_end(name)
        return found[0]

    def put(self, name: Hashable, thing: T, *, size_bytes: int) -> None:
        """Keep something, instead of what has this name, unless it takes more than all there may be."""
        self.drop(name)
        if size_bytes > self._maximum_bytes:
            return
        self._kept[name] = thing, size_bytes
        self.size_bytes += size_bytes
        while self.size_bytes > self._maximum_bytes:
            _, (_, size) = self._kept.popitem(last=False)
            self.size_bytes -= size

    def drop(self, name: Hashable) -> None:
        """Let go of what is under this name."""
        found = self._kept.pop(name, None)
        if found is not None:
            self.size_bytes -= found[1]
