"""JSON from a caller's words."""

import orjson

from telemetry.json_text import dump_json


def test_a_document_is_written_as_it_is() -> None:
    assert (
        dump_json({"name": "Café", "errors": [{"pointer": ""}]}) == '{"name":"Café","errors":[{"pointer":""}]}'.encode()
    )


def test_lone_surrogates_are_escaped_wherever_they_stand() -> None:
    written = dump_json({"a\ud800": ["\udcff", {"deep": "x\udfff"}], "n": 1})

    assert orjson.loads(written) == {"a\\ud800": ["\\udcff", {"deep": "x\\udfff"}], "n": 1}
