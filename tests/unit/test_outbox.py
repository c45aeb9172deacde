"""The answers of one turn of the event loop leave together."""

import asyncio

from middleware.inbound.outbox import Outbox


class Letter:
    """An answer, which notes in `sent` that it leaves."""

    def __init__(self, name: str, sent: list[str]) -> None:
        self.name = name
        self.sent = sent

    def send(self) -> None:
        self.sent.append(self.name)


async def test_what_was_added_is_sent_in_its_order_with_the_next_turn_and_once() -> None:
    sent: list[str] = []
    outbox = Outbox()
    for name in ("a", "b"):
        outbox.add(Letter(name, sent))
    before = [*sent]
    await asyncio.sleep(0)
    outbox.add(Letter("c", sent))
    between = [*sent]
    await asyncio.sleep(0)

    assert (before, between, sent) == ([], ["a", "b"], ["a", "b", "c"])
