"""What a supervisor and its workers say to each other."""

import pytest

from server.workers.messages import (
    Alive,
    Assignment,
    Failed,
    Leave,
    Message,
    Ready,
    StorageGiven,
    StorageWanted,
    line_of,
    message_in,
)


@pytest.mark.parametrize(
    "message",
    [
        Assignment(number=1, workers=4, joins=True, api=[7, 8], admin=[9], admin_ports=[8081, 8082], seed="data"),
        StorageGiven(postgres_dsn="host='/a b'", redis_url="unix:///a", serving_dsn="x"),
        Leave(is_replaced=True),
        StorageWanted(service="shop"),
        Ready(service="shop", version="1", url="http://a", admin_url="http://b", listed="/products"),
        Failed(reason="two\nlines, „quoted“"),
        Alive(),
    ],
    ids=lambda message: type(message).__name__,
)
def test_a_message_is_a_line_that_says_the_same_when_it_is_read(message: Message) -> None:
    line = line_of(message)

    assert (message_in(line), line.count(b"\n")) == (message, 1)
