"""Asks a Redis server how it is: its connections, its memory, its replicas, what became of keys."""

from typing import Protocol

from middleware.errors import Bug
from telemetry.server_states import RedisState


class Commands(Protocol):
    """What runs a command."""

    async def run(self, command: str, *arguments: str) -> object:
        """Send one and return its reply; raises as RedisClient does."""


async def redis_state(redis: Commands) -> RedisState:
    """How it is now; raises as RedisClient does, and Bug for a server that tells too little."""
    reply = await redis.run("INFO")
    if not isinstance(reply, bytes):
        raise Bug
    told = dict(line.split(":", 1) for line in reply.decode().splitlines() if ":" in line)
    try:
        return RedisState(
            clients=int(told["connected_clients"]),
            rejected=int(told["rejected_connections"]),
            used_bytes=int(told["used_memory"]),
            maximum_bytes=int(told["maxmemory"]),
            evicted=int(told["evicted_keys"]),
            hits=int(told["keyspace_hits"]),
            misses=int(told["keyspace_misses"]),
            replicas=int(told["connected_slaves"]),
        )
    except (KeyError, ValueError) as error:
        raise Bug from error
