"""The same work on bare aiohttp, with nothing against overload: `python -m benchmarks.overload.bare_server PORT`."""

import sys

import uvloop
from aiohttp import web

from benchmarks.overload.work import work
from benchmarks.ports import HOST


async def ping(_request: web.Request) -> web.Response:
    return web.json_response({"key": ""})


async def plain(_request: web.Request) -> web.Response:
    return web.json_response({"key": work()})


def main(arguments: list[str]) -> None:
    app = web.Application()
    app.add_routes([web.get("/ping", ping), web.get("/work", plain)])
    web.run_app(app, host=HOST, port=int(arguments[0]), access_log=None, print=None, loop=uvloop.new_event_loop())


if __name__ == "__main__":
    main(sys.argv[1:])
