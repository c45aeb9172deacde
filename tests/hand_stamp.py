"""A revocation stamp in the test's hand."""

from middleware.errors import Unavailable


class HandStamp:
    """Shows `value`, or nothing at all while it `is_away`."""

    def __init__(self) -> None:
        self.value: bytes | None = None
        self.is_away = False
        self.reads = 0
        self.changes = 0

    async def read(self) -> bytes | None:
        self.reads += 1
        self._reach()
        return self.value

    async def change(self) -> None:
        self._reach()
        self.changes += 1
        self.value = b"%d" % self.changes

    def _reach(self) -> None:
        if self.is_away:
            raise Unavailable
