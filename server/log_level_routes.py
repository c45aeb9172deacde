"""The log's level on the admin port: look at it, turn it, for good or for a while."""

import orjson
from aiohttp import hdrs, web
from pydantic import Field

from server.admin_bodies import AdminBody, read_body
from server.level_switch import LevelSwitch
from telemetry.events import LogLevel

_DAY_SECONDS = 86_400


class WantedLevel(AdminBody):
    """What a person asks of the log; `seconds` is after how long its level falls back, never unless given."""

    level: LogLevel
    seconds: float = Field(0.0, ge=0, le=_DAY_SECONDS)


def log_level_routes(switch: LevelSwitch) -> list[web.RouteDef]:
    """`GET /log-level` and `PUT /log-level` with `{"level": "debug", "seconds": 300}`.

    Both answer with the level, that of the settings, and after how long it falls back. It is that of one process: there
    is one an admin port.
    """

    async def show(_request: web.Request) -> web.Response:
        return _answer(switch)

    async def turn(request: web.Request) -> web.Response:
        wanted = read_body(WantedLevel, await request.read())
        switch.turn(wanted.level, seconds=wanted.seconds)
        return _answer(switch)

    return [web.get("/log-level", show), web.put("/log-level", turn)]


def _answer(switch: LevelSwitch) -> web.Response:
    shown = {
        "level": switch.level,
        "configured": switch.configured,
        "seconds_left": round(switch.seconds_left, 1),
    }
    return web.Response(
        body=orjson.dumps(shown), content_type="application/json", headers={hdrs.CACHE_CONTROL: "no-store"}
    )
