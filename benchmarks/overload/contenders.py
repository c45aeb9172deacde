"""Who is measured: Mainstay as it comes, the stacks in its place, and the same work on bare aiohttp."""

import sys
from pathlib import Path

from benchmarks.contestant import Contestant, Launch, Place
from benchmarks.contestants import mainstay
from benchmarks.contestants.peers import FASTAPI_FULL, FASTIFY_FULL

_SERVICE_FILE = Path(__file__).with_name("declared.py")


def _mainstay(place: Place) -> Launch:
    usual = mainstay.CONTESTANT.launch(place)
    environment = {**usual.environment, "MAINSTAY_MIGRATE": "safe"}
    return Launch(arguments=(usual.arguments[0], "serve", str(_SERVICE_FILE)), environment=environment)


def _bare(place: Place) -> Launch:
    return Launch(arguments=(sys.executable, "-m", "benchmarks.overload.bare_server", str(place.port)))


MAINSTAY = Contestant(
    name="mainstay",
    title="Mainstay",
    does="`mainstay serve`, everything on.",
    libraries=mainstay.CONTESTANT.libraries,
    launch=_mainstay,
)
NOTHING = Contestant(
    name="nothing",
    title="aiohttp, nothing done",
    does="Every request is taken and answered in its turn; it has no products.",
    libraries=("aiohttp", "uvloop"),
    launch=_bare,
)
CONTENDERS = (MAINSTAY, FASTAPI_FULL, FASTIFY_FULL, NOTHING)
