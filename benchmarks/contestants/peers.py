"""The stacks a team would otherwise assemble; benchmarks/peers has the programs."""

from benchmarks.contestant import Contestant, Launch, Place, as_environment
from benchmarks.peers.set_up import FASTAPI, FASTIFY, LITESTAR, Peer


def _python_peer(peer: Peer, place: Place) -> Launch:
    python, program = peer.installed / "venv" / "bin" / "python", peer.installed / "server.py"
    return Launch(arguments=(str(python), str(program)), environment=as_environment(place))


def _node_peer(peer: Peer, place: Place) -> Launch:
    return Launch(arguments=("node", str(peer.installed / "server.js")), environment=as_environment(place))


FASTAPI_FULL = Contestant(
    name="fastapi_full",
    title="FastAPI full",
    does="uvicorn, pydantic, asyncpg, PyJWT, fastapi-limiter on Redis, prometheus-fastapi-instrumentator, structlog, "
    "tenacity, purgatory's breaker, a timeout.",
    libraries=(),
    launch=lambda place: _python_peer(FASTAPI, place),
    missing=FASTAPI.missing,
)
LITESTAR_FULL = Contestant(
    name="litestar_full",
    title="Litestar full",
    does="uvicorn, msgspec, asyncpg, its own JWT, rate limit on Redis, Prometheus and structlog plugins, tenacity, "
    "purgatory's breaker, a timeout.",
    libraries=(),
    launch=lambda place: _python_peer(LITESTAR, place),
    missing=LITESTAR.missing,
)
FASTIFY_FULL = Contestant(
    name="fastify_full",
    title="Fastify full",
    does="node, JSON schemas both ways, pg with named statements, @fastify/jwt, @fastify/rate-limit on Redis, "
    "fastify-metrics, pino, opossum's breaker with its timeout.",
    libraries=(),
    launch=lambda place: _node_peer(FASTIFY, place),
    missing=FASTIFY.missing,
)
