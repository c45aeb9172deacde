"""The port at which a balancer asks for the load."""

import asyncio

import pytest

from middleware.inbound.binding import bind
from server.agent_check import AgentCheck, Load


async def said(port: int, *, asked: bytes = b"") -> bytes:
    """What it says to whoever connects, until it hangs up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(asked)
    line = await reader.read()
    writer.close()
    return line


async def test_whoever_connects_gets_a_line_and_the_connection_ends() -> None:
    bound = await bind("127.0.0.1", 0)
    agent = AgentCheck(Load(lambda: 0.0), why_not=lambda: "it is stopping")
    await agent.listen_on(bound)

    lines = [await said(bound.port), await said(bound.port, asked=b"how are you\n")]
    await agent.close()

    assert lines == [b"down # it is stopping\n"] * 2


async def test_once_closed_nobody_answers() -> None:
    bound = await bind("127.0.0.1", 0)
    port = bound.port
    agent = AgentCheck(Load(lambda: 0.0), why_not=lambda: None)
    await agent.listen_on(bound)

    await agent.close()

    with pytest.raises(ConnectionRefusedError):
        await said(port)
