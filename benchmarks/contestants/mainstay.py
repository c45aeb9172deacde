"""Mainstay as it comes: every layer, metric and log line that a service has unless told otherwise."""

import sys
from pathlib import Path

from benchmarks.contestant import POOL_CONNECTIONS, Contestant, Launch, Place

SERVICE_FILE = Path(__file__).parents[1] / "service.py"


def _launch(place: Place) -> Launch:
    command = Path(sys.executable).with_name("mainstay")
    return Launch(
        arguments=(str(command), "serve", str(SERVICE_FILE)),
        environment={
            "MAINSTAY_PORT": str(place.port),
            "MAINSTAY_ADMIN_PORT": "0",
            "MAINSTAY_POSTGRES_DSN": place.postgres_dsn,
            "MAINSTAY_REDIS_URL": place.redis_url,
            "MAINSTAY_POOL_CONNECTIONS": str(POOL_CONNECTIONS),
        },
    )


CONTESTANT = Contestant(
    name="mainstay",
    title="Mainstay",
    does="The service as `mainstay serve` runs it: validation, problem details, entity tags, signed cursors, request "
    "and trace ids, timings, metrics, a log line a request.",
    libraries=("mainstay", "aiohttp", "aiopg", "psycopg2-binary", "uvloop", "pydantic", "orjson", "prometheus-client"),
    launch=_launch,
)
