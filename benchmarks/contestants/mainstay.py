"""Mainstay as it comes: every layer, metric and log line that a service has unless told otherwise."""

import sys
from pathlib import Path

from benchmarks.contestant import POOL_CONNECTIONS, Contestant, Launch, Place
from benchmarks.token import ALGORITHM, AUDIENCE, ISSUER, write_secret
from deploy.compiled import BUILT, is_up_to_date, made_from

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
            "MAINSTAY_JWT_KEY_FILE": str(write_secret(place.folder / "secret.json")),
            "MAINSTAY_JWT_ALGORITHMS": ALGORITHM,
            "MAINSTAY_JWT_ISSUER": ISSUER,
            "MAINSTAY_JWT_AUDIENCE": AUDIENCE,
        },
    )


def _launch_compiled(place: Place) -> Launch:
    plain = _launch(place)
    return Launch(arguments=plain.arguments, environment={**plain.environment, "PYTHONPATH": str(BUILT)})


def _not_compiled() -> str:
    return "" if is_up_to_date(made_from()) else "build/compiled is not of this source: `make compiled`"


_LIBRARIES = ("mainstay", "aiohttp", "aiopg", "psycopg2-binary", "uvloop", "pydantic", "orjson", "prometheus-client")

CONTESTANT = Contestant(
    name="mainstay",
    title="Mainstay",
    does="The service as `mainstay serve` runs it: shedding, deadlines, tokens, access, limits, validation, problem "
    "details, entity tags, signed cursors, bulkhead, retry budget, breaker, ids, timings, metrics, traces, a log line "
    "a request.",
    libraries=_LIBRARIES,
    launch=_launch,
)
COMPILED = Contestant(
    name="mainstay_compiled",
    title="Mainstay, compiled",
    does="The same source, of which mypyc has compiled the modules that every request goes through, as in its image.",
    libraries=_LIBRARIES,
    launch=_launch_compiled,
    missing=_not_compiled,
)
