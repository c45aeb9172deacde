"""Requests with every parameter that a list takes, by what the OpenAPI document says of it and what the list shows."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from tests.scans.sample import Sample

PARAMETERS_AT_ONCE = 6
"""A request with more filters than that finds nothing, and what changes nothing tells a scanner nothing."""
NOT_FILTERS = ("sort", "limit", "cursor", "fields", "expand")
Query = Sequence[tuple[str, str]]


def list_samples(document: Mapping[str, Any], path: str, *, page: Mapping[str, Any]) -> Iterator[Sample]:
    """Every parameter once, those that one operator belongs to together; `page` is what the list answers."""
    queries = _queries(document, path)
    yield _list(path, _arrangement(document, queries, page=page))
    by_operator: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for name in sorted(queries.keys() - set(NOT_FILTERS)):
        field, _, operator = name.partition("[")
        shown = next((item[field] for item in page["items"] if item.get(field) is not None), None)
        by_operator[operator].append((name, _value(operator.rstrip("]"), shown)))
    for several in by_operator.values():
        for start in range(0, len(several), PARAMETERS_AT_ONCE):
            yield _list(path, several[start : start + PARAMETERS_AT_ONCE])


def is_list(document: Mapping[str, Any], path: str) -> bool:
    """Whether it answers pages of records."""
    return "get" in document["paths"][path] and "limit" in _queries(document, path)


def _queries(document: Mapping[str, Any], path: str) -> dict[str, Any]:
    parameters = [_resolved(document, one) for one in document["paths"][path]["get"].get("parameters", [])]
    return {one["name"]: one["schema"] for one in parameters if one["in"] == "query"}


def _list(path: str, query: Query) -> Sample:
    return Sample(operation=f"GET {path}", target=f"{path}?{urlencode(query)}")


def _arrangement(document: Mapping[str, Any], queries: Mapping[str, Any], *, page: Mapping[str, Any]) -> Query:
    """All that is no filter; the cursor is of the order that a list has by itself."""
    words = [(name, _first_word(document, queries[name])) for name in ("fields", "expand") if name in queries]
    order = [("cursor", page["next"])] if page["next"] else [("sort", _first_word(document, queries["sort"]))]
    return [*words, *order, ("limit", "1")]


def _value(operator: str, shown: object) -> str:
    """What the shown value passes, or for the operators that mean others, what nearly all others pass."""
    text = str(shown).lower() if isinstance(shown, bool) else "" if shown is None else str(shown)
    match operator:
        case "is":
            return "null" if shown is None else "notnull"
        case "contains" if isinstance(shown, list):
            return "[]"
        case "contains":
            return text[:1]
        case "like" | "ilike":
            return f"{text[:1]}*"
        case _:
            return text


def _first_word(document: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    word: str = _resolved(document, schema["items"])["enum"][0]
    return word


def _resolved(document: Mapping[str, Any], node: Mapping[str, Any]) -> Mapping[str, Any]:
    for word in node.get("$ref", "").split("/")[1:]:
        document = document[word]
    return document if "$ref" in node else node
