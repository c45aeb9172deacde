"""What may not be declared of the origins that call a service from a browser."""

import re
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address, ip_address

from middleware.inbound.cors import ANY_ORIGIN, Cors
from server.service import Service
from storage.mistakes import Mistake

_ORIGIN = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<host>\[[0-9a-f:.]+\]|[^\[\]/?#@:\s]+)(?::(?P<port>\d+|\*))?")
_LABEL = re.compile(r"[a-z0-9_-]+")
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_DEFAULT_PORTS = {"http": "80", "https": "443"}
_LABELS_BELOW_A_STAR = 2
_MAX_AGE_SECONDS_AT_MOST = 86_400
"""Firefox's; no browser remembers longer."""


def cors_mistakes(service: Service) -> Iterator[Mistake]:
    """Everything wrong with a service's `cors`."""
    cors: object = service.cors
    if cors is None:
        return
    where = f"Service {service.name!r}"
    if not isinstance(cors, Cors):
        yield Mistake(
            where=where, detail=f'cors is Cors(origins=["https://app.example.com"]), not {cors!r}', about=service
        )
        return
    yield from (Mistake(where=f"{where}, cors", detail=detail, about=cors) for detail in dict.fromkeys(_problems(cors)))


def _problems(cors: Cors) -> Iterator[str]:
    for word, values in {"origins": cors.origins, "headers": cors.headers, "exposes": cors.exposes}.items():
        if not isinstance(values, list | tuple) or not all(isinstance(value, str) for value in values):
            yield f"{word} is a list of texts"
            return
    if not cors.origins:
        yield "origins is empty, so it admits nobody: leave cors out"
    if ANY_ORIGIN in cors.origins and len(cors.origins) > 1:
        yield "'*' admits every page there is, so no other origin need be named"
    for origin in cors.origins:
        yield from (f"{origin!r} {problem}" for problem in _origin_problems(origin))
    for name in (*cors.headers, *cors.exposes):
        if not _TOKEN.fullmatch(name) or name == "*":
            yield f"{name!r} is no name of a header"
    if not isinstance(cors.max_age_seconds, int) or not 0 <= cors.max_age_seconds <= _MAX_AGE_SECONDS_AT_MOST:
        yield f"max_age_seconds is a whole number from 0 to {_MAX_AGE_SECONDS_AT_MOST}"


def _origin_problems(origin: str) -> Iterator[str]:
    if origin == ANY_ORIGIN:
        return
    if origin == "null":
        yield "is what every sandboxed frame and local file says of itself: it cannot be told from a stranger"
        return
    found = _ORIGIN.fullmatch(origin)
    if found is None or not _is_host(found["host"]):
        yield "is no origin as browsers send it: scheme://host or scheme://host:port, lower case, no path or last /"
        return
    if found["port"] is not None and found["port"] == _DEFAULT_PORTS.get(found["scheme"]):
        yield f"names the port that goes without saying, as browsers do: leave :{found['port']} out"
    if found["port"] == "*" and not _is_loopback(found["host"]):
        yield "admits any port, which is for localhost and loopback addresses only"
    if found["host"].startswith("*.") and len(found["host"].split(".")) <= _LABELS_BELOW_A_STAR:
        yield "admits every site below a top-level domain"


def _is_host(host: str) -> bool:
    if host.startswith("["):
        return _address(host) is not None
    return all(_LABEL.fullmatch(label) for label in host.removeprefix("*.").split("."))


def _is_loopback(host: str) -> bool:
    address = _address(host)
    return host == "localhost" or (address is not None and address.is_loopback)


def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host.strip("[]"))
    except ValueError:
        return None
