"""`mainstay openapi FILE`: the document a service would answer at /openapi.json."""

import sys
from pathlib import Path

import orjson

from server.declaration import described
from server.openapi import openapi_document
from server.service import Service


def write_openapi(service: Service, *, output: Path | None = None, server_url: str | None = None) -> None:
    """Write the document, indented, to `output` or else to the standard output.

    Raises Misdeclared with every mistake in the declaration, and OSError where `output` cannot be written.
    """
    document = openapi_document(service, described(service), server_url=server_url)
    text = orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    if output is None:
        sys.stdout.write(text.decode())
    else:
        output.write_bytes(text)
