"""A cluster of three nodes: each command goes to whoever has its key, also when that changes."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from pathlib import Path

import pytest
from hiredis import Reader

from middleware.errors import Problem
from storage.redis.client import RedisClient
from storage.redis.key_slots import slot_of
from tests.integration.redis_uses import EVERYTHING, PATIENCE, uses
from tests.integration.test_redis_client import open_client
from tests.integration.valkey_group import ValkeyNode, cluster_of_three

Nodes = Sequence[ValkeyNode]
KEY = "mainstay:limit:any:one"
SLOT = slot_of(KEY)


@pytest.fixture
async def nodes(data_dir: Path) -> AsyncIterator[Nodes]:
    async with cluster_of_three(data_dir) as three:
        yield three


@pytest.fixture
async def client(nodes: Nodes) -> AsyncIterator[RedisClient]:
    async with open_client(f"redis+cluster://{','.join(node.address for node in nodes)}", **PATIENCE) as opened:
        yield opened


async def name_of(node: ValkeyNode) -> str:
    return str(await node.ask("CLUSTER", "MYID", user=""))


def owner_and_another(nodes: Nodes) -> tuple[ValkeyNode, ValkeyNode]:
    place = SLOT // (16_384 // 3)
    return nodes[place], nodes[(place + 1) % 3]


async def begin_move(nodes: Nodes) -> tuple[ValkeyNode, ValkeyNode]:
    """Have the key's slot on its way to another node; both, the old one first."""
    old, new = owner_and_another(nodes)
    await new.ask("CLUSTER", "SETSLOT", SLOT, "IMPORTING", await name_of(old), user="")
    await old.ask("CLUSTER", "SETSLOT", SLOT, "MIGRATING", await name_of(new), user="")
    return old, new


async def test_everything_works(client: RedisClient) -> None:
    assert await uses(client) == EVERYTHING


async def test_keys_lie_on_every_node(client: RedisClient, nodes: Nodes) -> None:
    await asyncio.gather(*(client.run("SET", f"mainstay:limit:any:{number}", "1") for number in range(60)))

    kept = [await node.ask("DBSIZE", user="") for node in nodes]

    assert sum(kept) == 60  # type: ignore[arg-type]  # a reply is an object
    assert 0 not in kept


async def test_one_node_is_enough_to_find_the_others(nodes: Nodes) -> None:
    async with open_client(f"redis+cluster://127.0.0.1:1,{nodes[2].address}", **PATIENCE) as client:
        assert await uses(client) == EVERYTHING


async def test_a_slot_that_has_moved_is_followed(client: RedisClient, nodes: Nodes) -> None:
    await client.run("SET", KEY, "before")
    await client.run("UNLINK", KEY)
    old, new = await begin_move(nodes)
    for node in (new, old):
        await node.ask("CLUSTER", "SETSLOT", SLOT, "NODE", await name_of(new), user="")

    await client.run("SET", KEY, "after")

    assert await new.ask("GET", KEY, user="") == "after"


async def test_a_key_on_its_way_is_asked_for_where_it_arrives(client: RedisClient, nodes: Nodes) -> None:
    await client.ping()
    await begin_move(nodes)

    await asyncio.gather(*(client.run("SET", KEY, number) for number in range(20)))
    found = await client.run("GET", KEY)

    assert found == b"19"


async def test_without_one_node_the_others_serve_their_keys(nodes: Nodes) -> None:
    for node in nodes:
        await node.ask("CONFIG", "SET", "cluster-require-full-coverage", "no", user="")
    lost, left = owner_and_another(nodes)
    async with open_client(f"redis+cluster://{','.join(node.address for node in nodes)}", **PATIENCE) as client:
        await client.run("SET", KEY, "1")
        await lost.kill()
        with suppress(Problem):
            await client.run("GET", KEY)
        elsewhere = next(name for name in map(str, range(9_999)) if slot_of(name) // (16_384 // 3) == nodes.index(left))

        assert await client.run("SET", elsewhere, "1") == b"OK"


class ScriptedNode:
    """A node that says all slots are those of `owner`, and moves whoever asks it for a key of another's."""

    def __init__(self) -> None:
        self.port = 0
        self.owner = 0
        self.asked: list[str] = []

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer each command."""
        commands = Reader()
        while data := await reader.read(4_096):
            commands.feed(data)
            while words := commands.gets():
                writer.write(self._answer(b" ".join(words[:2]).decode()))
        writer.close()

    def _answer(self, words: str) -> bytes:
        self.asked.append(words)
        if words == "CLUSTER SLOTS":
            return b"*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n$9\r\n127.0.0.1\r\n:%d\r\n" % self.owner
        if words.startswith("SET") and self.owner != self.port:
            return b"-MOVED %d 127.0.0.1:%d\r\n" % (SLOT, self.owner)
        return b"+OK\r\n"


async def test_who_has_left_the_cluster_is_not_asked_about_it() -> None:
    stays, leaves = ScriptedNode(), ScriptedNode()
    servers = [await asyncio.start_server(one.take, "127.0.0.1", 0) for one in (stays, leaves)]
    stays.port, leaves.port = (server.sockets[0].getsockname()[1] for server in servers)
    stays.owner = leaves.owner = leaves.port
    async with open_client(f"redis+cluster://127.0.0.1:{stays.port}", **PATIENCE) as client:
        await client.run("SET", KEY, "1")
        stays.owner = leaves.owner = stays.port

        for number in range(3):
            await client.run("SET", KEY, number)
    for server in servers:
        server.close()

    assert stays.asked.count("CLUSTER SLOTS") == 2
    assert "CLUSTER SLOTS" not in leaves.asked
