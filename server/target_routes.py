"""What Prometheus is to scrape: `GET /targets`, in the form of its HTTP service discovery."""

from collections.abc import Sequence

import orjson
from aiohttp import hdrs, web


def target_routes(admin_ports: Sequence[int]) -> list[web.RouteDef]:
    """Each worker has an admin port, and each of them tells all: the host is the one whoever asks has reached us by."""

    async def show(request: web.Request) -> web.Response:
        host = request.url.host or "127.0.0.1"
        named = f"[{host}]" if ":" in host else host
        document = [{"targets": [f"{named}:{port}" for port in admin_ports], "labels": {}}]
        return web.Response(
            body=orjson.dumps(document), content_type="application/json", headers={hdrs.CACHE_CONTROL: "no-store"}
        )

    return [web.get("/targets", show)]
