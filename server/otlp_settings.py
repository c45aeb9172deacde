"""What the settings say of the export of traces, and what is wrong with it."""

import re
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from typing import Protocol
from urllib.parse import unquote

from pydantic import SecretStr
from yarl import URL

_LIBRARY = "opentelemetry.exporter.otlp.proto.http"
_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_VALUE = re.compile(r"[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?")


class Exporting(Protocol):
    """The settings it is about."""

    @property
    def otlp_endpoint(self) -> str:
        """Where the collector is."""
        ...

    @property
    def otlp_headers(self) -> SecretStr:
        """What it is sent besides."""
        ...


def otlp_problems(settings: Exporting) -> Iterator[str]:
    """A sentence for each mistake, without any of the headers, which may be secrets."""
    endpoint = settings.otlp_endpoint
    try:
        headers = headers_of(settings.otlp_headers.get_secret_value())
    except ValueError as error:
        yield f"OTLP_HEADERS: {error}"
    else:
        if headers and not endpoint:
            yield "OTLP_HEADERS is given without OTLP_ENDPOINT, to which they are sent"
    if endpoint and not _is_address(endpoint):
        yield "OTLP_ENDPOINT: write it as http://collector.example.com:4318; a token belongs into OTLP_HEADERS"
    if endpoint and not _has_library():
        yield "OTLP_ENDPOINT needs OpenTelemetry's SDK: pip install 'mainstay[otlp]'"


def headers_of(text: str) -> Mapping[str, str]:
    """Read `name=value,name=value`, the values percent-encoded; raises ValueError, whose message quotes nothing."""
    found = {}
    for member in filter(None, (one.strip() for one in text.split(","))):
        name, _, value = member.partition("=")
        name, value = name.strip(), unquote(value.strip())
        if not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
            raise ValueError("write it as name=value,name=value; what no header can hold is percent-encoded")
        found[name] = value
    return found


def _is_address(text: str) -> bool:
    try:
        url = URL(text)
    except ValueError:
        return False
    is_whole = url.scheme in ("http", "https") and bool(url.host)
    return is_whole and url.user is None and not url.query_string and not url.fragment


def _has_library() -> bool:
    try:
        return find_spec(_LIBRARY) is not None
    except ModuleNotFoundError:
        return False
