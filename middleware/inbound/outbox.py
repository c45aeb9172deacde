"""Keeps the answers of one turn of the event loop, so that they leave one right after the other.

A write wakes its caller, and where one program asks over many connections, as a balancer does, the first of many wakes
it for all: written as they were made, 60 µs apart, each answer cost 14 µs more.
"""

import asyncio
from typing import Protocol


class Sender(Protocol):
    """A connection with an answer that is to be sent."""

    def send(self) -> None:
        """Send it, unless that has been done."""


class Outbox:
    """Has what is added in one turn sent in the next, in its order; one for each event loop."""

    __slots__ = ("_senders",)

    def __init__(self) -> None:
        self._senders: list[Sender] = []

    def add(self, sender: Sender) -> None:
        """Have it send, soon."""
        if not self._senders:
            asyncio.get_running_loop().call_soon(self._send)
        self._senders.append(sender)

    def _send(self) -> None:
        senders, self._senders = self._senders, []
        for sender in senders:
            sender.send()
