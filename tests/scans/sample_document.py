"""The samples as an OpenAPI document whose every default is a value that is answered well.

wapiti fills a document in with words of its own where it names no defaults, which the shop refuses before they get
anywhere. It reads keywords beside `$ref` and lists of types as nothing, so this document has neither.
"""

from collections.abc import Iterable
from typing import Any

import orjson

from tests.scans.sample import Sample


def document_of(samples: Iterable[Sample]) -> bytes:
    """Those that send a body; what is read is told to wapiti as addresses."""
    paths: dict[str, dict[str, Any]] = {}
    for sample in samples:
        operation = {"requestBody": {"content": {"application/json": {"schema": _schema(orjson.loads(sample.body))}}}}
        paths.setdefault(sample.target, {})[sample.method.lower()] = operation
    return orjson.dumps({"openapi": "3.0.0", "info": {"title": "samples", "version": "1"}, "paths": paths})


def _schema(value: Any) -> dict[str, Any]:
    match value:
        case dict():
            return {"type": "object", "properties": {name: _schema(one) for name, one in value.items()}}
        case list():
            return {"type": "array", "items": _schema(value[0]) if value else {}}
        case bool():
            return {"type": "boolean", "default": value}
        case int() | float():
            return {"type": "integer" if isinstance(value, int) else "number", "default": value}
        case _:
            return {"type": "string", "default": value}
