"""Gives the schema components their final names.

While a document is put together its components bear names that cannot clash: `Product` for a declared type,
`Product.Patch` for what is derived from one, `.Problem` for ours. A class name has no dot in it, so a team may call its
own models `ProductPatch` or `Problem`; then ours make way.
"""

from collections.abc import Iterable, Iterator, Mapping

from server.openapi.json_value import JSON, Object

_REFERENCE = "#/components/schemas/"


def final_names(names: Iterable[str]) -> dict[str, str]:
    """From names under construction to those of the document: `Product.Patch` → `ProductPatch`, or `ProductPatch2`."""
    chosen: dict[str, str] = {}
    for name in sorted(names, key=lambda name: ("." in name, name)):
        final, number = name.replace(".", ""), 2
        while final in chosen.values():
            final, number = f"{name.replace('.', '')}{number}", number + 1
        chosen[name] = final
    return chosen


def titled(name: str, schema: Object) -> Object:
    """The component with its name as its title: client generators call a class by it."""
    return {**schema, "title": name}


def renamed(value: Mapping[str, JSON], names: Mapping[str, str]) -> Object:
    """The same with its references to schema components renamed."""
    return {key: _renamed(key, member, names=names) for key, member in value.items()}


def schemas_referred_to(value: JSON) -> Iterator[str]:
    """The names of the schema components that references within `value` point at."""
    if isinstance(value, Mapping):
        target = value.get("$ref")
        if isinstance(target, str) and target.startswith(_REFERENCE):
            yield target.removeprefix(_REFERENCE)
        for member in value.values():
            yield from schemas_referred_to(member)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from schemas_referred_to(item)


def _renamed(key: str, value: JSON, *, names: Mapping[str, str]) -> JSON:
    if key == "$ref" and isinstance(value, str) and value.startswith(_REFERENCE):
        name = value.removeprefix(_REFERENCE)
        return _REFERENCE + names.get(name, name)
    if isinstance(value, Mapping):
        return renamed(value, names)
    if isinstance(value, list | tuple):
        return [_renamed("", item, names=names) for item in value]
    return value
