"""Asks pydantic for the schema of everything that crosses the wire, and gives each a name of its own."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python

from server.openapi.component_names import renamed, schemas_referred_to
from server.openapi.json_value import Object
from server.openapi.wire_schema import WireSchema
from server.service import Service
from storage.model import Model
from storage.record_type import RecordType

Mode = Literal["validation", "serialization"]
"""What may be sent, and what is answered."""

MODES: tuple[Mode, ...] = ("validation", "serialization")
_REFERENCE = "#/components/schemas/"
_SUFFIXES: Mapping[Mode, str] = {"validation": "-Input", "serialization": "-Output"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Definitions:
    """Pydantic's schemas, their references already pointing at components.

    `records` has the object schema of each served model in both modes, `others` the components that nested models
    and enumerations need, `types` the schema of each type a route accepts or returns.
    """

    records: Mapping[tuple[type[Model], Mode], Object]
    others: Mapping[str, Object]
    types: Mapping[tuple[int, Mode], Object]

    def properties(self, model: type[Model], mode: Mode) -> Mapping[str, Object]:
        """The property schemas of a served model, by field."""
        return cast("Mapping[str, Object]", self.records[(model, mode)]["properties"])

    def of_type(self, annotation: Any, mode: Mode) -> Object:
        """The schema of a type a route names."""
        return self.types[(id(annotation), mode)]

    def resolved(self, schema: Object) -> Object:
        """The component a reference points at; any other schema as it is."""
        names = list(schemas_referred_to(schema)) if "$ref" in schema else []
        return self.others.get(names[0], schema) if names else schema


def define(service: Service, types: Mapping[type[Model], RecordType]) -> Definitions:
    """Read all types of a service."""
    wanted: list[tuple[Any, Mode]] = [(model, mode) for model in types for mode in MODES]
    wanted += _route_types(service)
    schemas, definitions = TypeAdapter.json_schemas(
        [(id(annotation), mode, TypeAdapter(annotation)) for annotation, mode in wanted],
        ref_template=_REFERENCE + "{model}",
        schema_generator=WireSchema,
    )
    # An example may be any Python value; what leaves here is JSON.
    raw = cast("dict[str, Object]", to_jsonable_python(definitions.get("$defs", {})))
    own = {_name_in(schemas[(id(model), mode)]): (model, mode) for model in types for mode in MODES}
    names = _record_names(own) | _other_names([name for name in raw if name not in own], raw)
    return Definitions(
        records={place: renamed(raw[name], names) for name, place in own.items()},
        others={names[name]: renamed(raw[name], names) for name in raw if name not in own},
        types={place: renamed(cast("Object", schema), names) for place, schema in schemas.items()},
    )


def _route_types(service: Service) -> Iterator[tuple[Any, Mode]]:
    for route in service.routes:
        for sent in (route.accepts, route.parameters):
            if sent is not None:
                yield sent, "validation"
        if has_schema(route.returns):
            yield route.returns, "serialization"


def has_schema(returns: Any) -> bool:
    """Whether a route's `returns` describes data: neither nothing nor an aiohttp response of its own making."""
    return returns is not None and not _is_response(returns)


def _is_response(returns: Any) -> bool:
    return returns is Any or any("StreamResponse" in base.__name__ for base in getattr(returns, "__mro__", ()))


def _name_in(schema: Mapping[str, Any]) -> str:
    return str(schema["$ref"]).removeprefix(_REFERENCE)


def _record_names(own: Mapping[str, tuple[type[Model], Mode]]) -> dict[str, str]:
    """A model used inside another type: as stored where it is answered, as created where it is sent."""
    return {name: model.__name__ + (".Create" if mode == "validation" else "") for name, (model, mode) in own.items()}


def _other_names(names: Sequence[str], raw: Mapping[str, Object]) -> dict[str, str]:
    """`Size-Input` and `Size-Output` become one `Size` where they say the same, else `Size.Input` and `Size`."""
    sent_suffix, answered_suffix = _SUFFIXES["validation"], _SUFFIXES["serialization"]
    answered = {name: name.removesuffix(answered_suffix) for name in names}
    sent = {name: f"{name.removesuffix(sent_suffix)}.Input" for name in names if name.endswith(sent_suffix)}
    return {**answered, **sent, **_same_in_both(names, raw)}


def _same_in_both(names: Sequence[str], raw: Mapping[str, Object]) -> Mapping[str, str]:
    """Names whose schema is the same sent and answered, to their plain name; what they refer to must be so too."""
    bare = {name.removesuffix(_SUFFIXES["validation"]) for name in names if name.endswith(_SUFFIXES["validation"])}
    same = {name for name in bare if name + _SUFFIXES["serialization"] in raw}
    while True:
        plain = {name + suffix: name for name in same for suffix in _SUFFIXES.values()}
        differing = {
            name
            for name in same
            if len({repr(renamed(raw[name + suffix], plain)) for suffix in _SUFFIXES.values()}) > 1
        }
        if not differing:
            return plain
        same -= differing
