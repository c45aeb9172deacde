"""What an address says of reads that replicas answer, where the service is set up so: Mainstay-Read-After."""

from collections.abc import Iterable, Mapping
from typing import cast

from server.openapi.json_value import Object, reference
from server.openapi.operation_names import Served

_NAME = "Mainstay-Read-After"
_SCHEMA: Object = {"type": "string", "pattern": r"^[0-9a-f]{1,8}-[0-9a-f]{1,16}$"}
_EXAMPLE = "1-3a5f28"

READ_AFTER_PARAMETER: Mapping[str, Object] = {
    _NAME: {
        "name": _NAME,
        "in": "header",
        "description": f"The `{_NAME}` of a write's answer: what is read shows no less than that write. Without it an "
        "answer may be as old as its `Age` says.",
        "schema": _SCHEMA,
        "example": _EXAMPLE,
    }
}
READ_AFTER_HEADER: Mapping[str, Object] = {
    _NAME: {
        "description": "Send it with a read that has to show this write; it is opaque, and goes with any request.",
        "schema": _SCHEMA,
        "example": _EXAMPLE,
    }
}
_WRITES = frozenset({"post", "put", "patch", "delete"})
_TOLD_WITH = frozenset({"200", "201", "202", "204"})


def mark_reads_after(paths: Mapping[str, Object], served: Iterable[Served]) -> None:
    """Have reads of resources take the header, and answers to all writes bear it."""
    for one in served:
        for path in (one.collection_path, one.record_path):
            read = paths.get(path, {}).get("get")
            if isinstance(read, dict):
                read["parameters"] = [*read.get("parameters", ()), reference("parameters", _NAME)]
    for item in paths.values():
        for method in _WRITES & item.keys():
            answers = cast("Object", cast("Object", item[method])["responses"])
            for status in _TOLD_WITH & answers.keys():
                answer = cast("Object", answers[status])
                answer["headers"] = {**cast("Object", answer.get("headers", {})), _NAME: reference("headers", _NAME)}
