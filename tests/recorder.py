"""Remembers every event, so that a test can assert on what was observed or wait for it."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from telemetry.events import Event

Kind = TypeVar("Kind")
_PATIENCE_SECONDS = 10.0
_POLL_SECONDS = 0.005


class Recorder:
    """An Observe: hand it to what is tested, then look at `events`."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def __call__(self, event: Event) -> None:
        self.events.append(event)

    def of(self, kind: type[Kind]) -> list[Kind]:
        """The events of one class, in order."""
        return [event for event in self.events if isinstance(event, kind)]

    async def wait_for(self, kind: type[Kind], where: Callable[[Kind], bool] = lambda _: True) -> Kind:
        """The first event of a class that fits, seen already or to come within 10 s."""
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while True:
                for event in self.of(kind):
                    if where(event):
                        return event
                await asyncio.sleep(_POLL_SECONDS)

    def forget(self) -> None:
        """Start over."""
        self.events.clear()
