"""`mainstay openapi FILE` writes the document where it is told to."""

from pathlib import Path

import orjson
import pytest

from server.commands.openapi import write_openapi
from server.declaration import Declaration
from server.openapi import openapi_document
from server.own_routes import with_own_addresses
from tests.unit.openapi_service import SERVICE, TYPES

DECLARATION = Declaration(service=SERVICE, types=TYPES)


def test_it_goes_to_the_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    whole = with_own_addresses(DECLARATION)

    write_openapi(DECLARATION)

    document = orjson.loads(orjson.dumps(openapi_document(whole.service, whole.types)))
    assert orjson.loads(capsys.readouterr().out) == document


def test_it_goes_to_a_file_with_the_server_s_address(tmp_path: Path) -> None:
    path = tmp_path / "openapi.json"

    write_openapi(DECLARATION, output=path, server_url="https://api.example.com")

    assert orjson.loads(path.read_bytes())["servers"] == [{"url": "https://api.example.com"}]
