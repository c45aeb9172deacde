"""`mainstay openapi FILE`: the document a service would answer at /openapi.json."""

import sys
from pathlib import Path

import orjson

from server.declaration import Declaration
from server.openapi import openapi_document
from server.own_routes import with_own_addresses


def write_openapi(declaration: Declaration, *, output: Path | None = None, server_url: str | None = None) -> None:
    """Write the document, indented, to `output` or else to the standard output.

    Raises OSError where `output` cannot be written.
    """
    whole = with_own_addresses(declaration)
    document = openapi_document(whole.service, whole.types, server_url=server_url)
    text = orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    if output is None:
        sys.stdout.write(text.decode())
    else:
        output.write_bytes(text)
