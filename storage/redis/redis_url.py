"""What an address of Redis says: one server, Sentinels who know the primary, or nodes of a cluster."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

from redis.asyncio.connection import AbstractConnection, Connection
from redis.asyncio.connection import parse_url as options_of
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

CLIENT_NAME = "mainstay"
RESP2 = 2
"""With RESP3 and no retries, every connection the server has closed while idle would cost an error."""

Kind = Literal["server", "sentinel", "cluster"]
_PORTS: Mapping[Kind, int] = {"server": 6379, "sentinel": 26379, "cluster": 6379}
_SEVERAL = re.compile(
    r"(?P<scheme>rediss?)\+(?P<kind>sentinel|cluster)://(?:(?P<who>[^@/?#]*)@)?(?P<nodes>[^@/?#]+)"
    r"(?:/(?P<path>[^?#]*))?(?:\?(?P<query>[^#]*))?"
)
_OF_SENTINELS = "sentinel_"
"""What options of the Sentinels begin with, where they differ: sentinel_username, sentinel_password."""


class Malformed(ValueError):  # noqa: N818 - it says what is wrong
    """A text is no address; the message never quotes it, as a password may stand anywhere in it."""


@dataclass(frozen=True, slots=True)
class Node:
    """Where one server listens."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Whom to ask, and with what; `options` are redis-py's for a connection, `host` and `port` or `path` among them."""

    kind: Kind = "server"
    nodes: tuple[Node, ...] = ()
    """The Sentinels, or some nodes of the cluster."""

    service: str = ""
    """What the Sentinels call the primary."""

    options: Mapping[str, Any]
    asking: Mapping[str, Any]
    """The options of connections to Sentinels."""

    def connection(self, node: Node | None = None, *, timeout_seconds: float) -> AbstractConnection:
        """An unopened connection to a node, or to the one server there is; raises TypeError for an unknown option."""
        return _connection(self.options, node, timeout_seconds=timeout_seconds)

    def sentinel(self, node: Node, *, timeout_seconds: float) -> AbstractConnection:
        """An unopened connection to a Sentinel; raises as `connection` does."""
        return _connection(self.asking, node, timeout_seconds=timeout_seconds)


def address_of(url: str) -> Address:
    """What a URL says; raises Malformed where it is none."""
    address = _of_several(url) if "+" in url.partition("://")[0] else _of_one(url)
    try:
        address.connection(timeout_seconds=1.0)
    except (TypeError, ValueError) as error:
        raise Malformed("has an option after its ? that is unknown or has no such value") from error
    return address


def _of_one(url: str) -> Address:
    try:
        options = options_of(url)
    except ValueError as error:
        raise Malformed(
            "is no redis://, rediss:// or unix:// URL, nor one with +sentinel or +cluster after redis or rediss; "
            "in one a password's / # ? are written %2F %23 %3F"
        ) from error
    return Address(options=options, asking={})


def _of_several(url: str) -> Address:
    found = _SEVERAL.fullmatch(url)
    if found is None:
        raise Malformed(
            "is no redis+sentinel://host:port,host:port/service/db and no redis+cluster://host:port,host:port; "
            "in one a password's @ / # ? are written %40 %2F %23 %3F"
        )
    kind: Kind = "sentinel" if found["kind"] == "sentinel" else "cluster"
    nodes = tuple(_node(text, kind) for text in found["nodes"].split(","))
    service, _, database = (found["path"] or "").partition("/")
    if kind == "sentinel" and not service:
        raise Malformed("names no service: redis+sentinel://host:port,host:port/service, as the Sentinels call it")
    if kind == "cluster" and (found["path"] or "0") != "0":
        raise Malformed("names a database, and a cluster has none but 0")
    who = f"{found['who']}@" if found["who"] is not None else ""
    one = _of_one(f"{found['scheme']}://{who}{nodes[0]}/{database}?{found['query'] or ''}")
    options = {name: value for name, value in one.options.items() if not name.startswith(_OF_SENTINELS)}
    asking = {name: value for name, value in options.items() if name not in {"db", "username", "password"}}
    own = {
        name.removeprefix(_OF_SENTINELS): value for name, value in one.options.items() if name.startswith(_OF_SENTINELS)
    }
    return replace(one, kind=kind, nodes=nodes, service=unquote(service), options=options, asking=asking | own)


def _node(text: str, kind: Kind) -> Node:
    try:
        parts = urlsplit(f"//{text}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host:
        raise Malformed("names a host or a port that is none; between commas stands host:port")
    return Node(host, port or _PORTS[kind])


def _connection(options: Mapping[str, Any], node: Node | None, *, timeout_seconds: float) -> AbstractConnection:
    kind: type[AbstractConnection] = options.get("connection_class", Connection)
    place = {} if node is None else {"host": node.host, "port": node.port}
    rest = {name: value for name, value in options.items() if name != "connection_class"}
    # Nothing is repeated: redis-py by default repeats whatever fails ten times, a timed-out INCR too. A lane gives the
    # whole pipeline one timeout instead of each read its own.
    ours = {
        "protocol": RESP2,
        "socket_timeout": None,
        "socket_connect_timeout": timeout_seconds,
        "retry": Retry(NoBackoff(), 0),
        "client_name": CLIENT_NAME,
    }
    return kind(**{**rest, **place, **ours})
