"""Random declarations for property tests: models of every kind, with limits, defaults, constraints and references."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from types import new_class
from typing import Annotated, Any, Literal
from uuid import UUID

from hypothesis import strategies as st
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from storage.describe import describe_all
from storage.model import Indexed, Key, Model, Reference, RenamedFrom, Unique
from storage.record_type import RecordType


class Size(BaseModel):
    width: int = 1


class Shade(Enum):
    LIGHT = "light"
    DARK = "d'ark"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    annotation: Any
    limits: tuple[Mapping[str, Any], ...] = ({},)
    defaults: tuple[Any, ...] = ()
    values: tuple[str, str]
    """Two different values as SQL, within all limits that become CHECKs."""


KINDS: Mapping[str, Kind] = {
    "string": Kind(
        values=("'A1'", "'B2'"),
        annotation=str,
        limits=({}, {"min_length": 1}, {"max_length": 9}, {"pattern": r"^[A-Z0-9-]{1,9}$"}, {"pattern": r"\d+"}),
        defaults=("", "it's", "100% \\ \t\n :name ::text", "größe 🎈"),
    ),
    "integer": Kind(
        values=("3", "6"),
        annotation=int,
        limits=({}, {"ge": 0}, {"lt": 10}, {"multiple_of": 3}),
        defaults=(0, -7, 2**62),
    ),
    "decimal": Kind(
        values=("1.5", "2.25"),
        annotation=Decimal,
        limits=(
            {},
            {"max_digits": 12, "decimal_places": 2},
            {"max_digits": 5, "decimal_places": 3},
            {"gt": Decimal("0.5")},
        ),
        defaults=(Decimal("1.50"), Decimal("-0.1"), Decimal("1E+1")),
    ),
    "float": Kind(
        values=("0.5", "1"), annotation=float, limits=({}, {"le": 1.5}, {"ge": 1e-7}), defaults=(0.0, -1.25, 1e300)
    ),
    "boolean": Kind(values=("true", "false"), annotation=bool, defaults=(True, False)),
    "datetime": Kind(
        values=("'2021-01-01Z'", "'2022-01-01Z'"),
        annotation=datetime,
        limits=({}, {"ge": datetime(2020, 1, 1, tzinfo=UTC)}),
        defaults=(datetime(2021, 2, 3, 4, 5, 6, 789, tzinfo=UTC),),
    ),
    "date": Kind(
        values=("'2021-01-01'", "'2022-01-01'"),
        annotation=date,
        limits=({}, {"lt": date(2100, 1, 1)}),
        defaults=(date(2021, 2, 3),),
    ),
    "uuid": Kind(values=("gen_random_uuid()", "gen_random_uuid()"), annotation=UUID, defaults=(UUID(int=7),)),
    "list": Kind(
        values=("'[]'", """'["a"]'"""),
        annotation=list[str],
        limits=({}, {"max_length": 3}),
        defaults=([], ["a", "it's"]),
    ),
    "dict": Kind(values=("'{}'", """'{"a": 1}'"""), annotation=dict[str, int], defaults=({}, {"a": 1})),
    "nested": Kind(values=("""'{"width": 1}'""", """'{"width": 2}'"""), annotation=Size),
    "literal": Kind(values=("'a'", "'b''c'"), annotation=Literal["a", "b'c"], defaults=("a",)),
    "enum": Kind(values=("'light'", "'d''ark'"), annotation=Shade, defaults=(Shade.DARK,)),
    "numbers": Kind(values=("1", "-3"), annotation=Literal[1, 2, -3], defaults=(2,)),
}
JSON_KINDS = frozenset({"list", "dict", "nested"})
KEY_KINDS: Mapping[str, Any] = {"integer": int, "string": str, "uuid": UUID}
FIELD_NAMES = ("alpha", "beta", "order", "user", "a_field_whose_name_is_so_long_that_others_are_cut_short")
TABLE_NAMES = ("artist", "product", "table")
NO_DEFAULT = object()
_MARKERS: Mapping[str, list[Unique | Indexed]] = {"": [], "unique": [Unique()], "indexed": [Indexed()]}


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldDraft:
    kind: str
    nullable: bool = False
    limits: int = 0
    default: int | None = None
    marker: Literal["", "unique", "indexed"] = ""
    reference: str = ""
    renamed_from: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelDraft:
    table: str
    key: str
    fields: Mapping[str, FieldDraft]
    composite: Literal["", "unique", "indexed"] = ""
    renamed_from: str = ""


Declaration = tuple[ModelDraft, ...]


@st.composite
def declarations(draw: st.DrawFn, *, keys: Mapping[str, str] | None = None) -> Declaration:
    """One to three models; `keys` fixes the kind of each table's key."""
    tables = draw(st.lists(st.sampled_from(TABLE_NAMES), min_size=1, unique=True))
    chosen = keys or draw(key_kinds())
    return tuple(
        ModelDraft(
            table=table,
            key=chosen[table],
            fields=draw(st.dictionaries(st.sampled_from(FIELD_NAMES), field_drafts(tables), max_size=4)),
            composite=draw(st.sampled_from(("", "unique", "indexed"))),
        )
        for table in tables
    )


def key_kinds() -> st.SearchStrategy[dict[str, str]]:
    return st.fixed_dictionaries({table: st.sampled_from(sorted([*KEY_KINDS, ""])) for table in TABLE_NAMES})


@st.composite
def field_drafts(draw: st.DrawFn, tables: Sequence[str]) -> FieldDraft:
    kind = draw(st.sampled_from([*KINDS, "reference"]))
    nullable = draw(st.booleans())
    if kind == "reference":
        target = draw(st.sampled_from(sorted(tables)))
        return FieldDraft(kind=kind, nullable=nullable, reference=target, marker=draw(st.sampled_from(("", "unique"))))
    limits = draw(st.integers(0, len(KINDS[kind].limits) - 1))
    defaults = _defaults_within(KINDS[kind], limits)
    markers = ("", "indexed") if kind in JSON_KINDS else ("", "unique", "indexed")
    return FieldDraft(
        kind=kind,
        nullable=nullable,
        limits=limits,
        default=draw(st.none() | st.sampled_from(defaults)) if defaults else None,
        marker=draw(st.sampled_from(markers)),
    )


def _defaults_within(kind: Kind, limits: int) -> Sequence[int]:
    """The numbers of the kind's defaults that keep to these limits: a declaration with another is refused."""
    declared: Any = Annotated[kind.annotation, Field(**kind.limits[limits])]
    checked = TypeAdapter(declared)
    return [number for number, default in enumerate(kind.defaults) if _passes(checked, default)]


def _passes(checked: TypeAdapter[Any], default: object) -> bool:
    try:
        checked.validate_python(default)
    except ValidationError:
        return False
    return True


@st.composite
def renamings(draw: st.DrawFn, declaration: Declaration) -> Declaration:
    """The same declaration with other names for some of its tables and fields, and hints that say so."""
    tables = {draft.table: draw(st.sampled_from((draft.table, f"new_{draft.table}"))) for draft in declaration}
    return tuple(
        replace(
            draft,
            table=tables[draft.table],
            renamed_from=draft.table if tables[draft.table] != draft.table else "",
            fields=dict(_renamed(draw, name, field=field, tables=tables) for name, field in draft.fields.items()),
        )
        for draft in declaration
    )


def _renamed(draw: st.DrawFn, name: str, *, field: FieldDraft, tables: Mapping[str, str]) -> tuple[str, FieldDraft]:
    moved = replace(field, reference=tables.get(field.reference, ""))
    if draw(st.booleans()):
        return f"new_{name}", replace(moved, renamed_from=name)
    return name, moved


def described(declaration: Declaration) -> Mapping[type[Model], RecordType]:
    """The declaration as models, and those as record types."""
    by_table = {draft.table: draft for draft in declaration}
    return describe_all([_model(draft, by_table) for draft in declaration])


def _model(draft: ModelDraft, by_table: Mapping[str, ModelDraft]) -> type[Model]:
    annotations: dict[str, Any] = {}
    values: dict[str, Any] = {}
    if draft.key:
        annotations["own_key"] = Annotated[KEY_KINDS[draft.key], Key()]
    for name, field in draft.fields.items():
        annotations[name], default = _field(field, by_table)
        if default is not NO_DEFAULT:
            values[name] = default
    keywords = {"table": draft.table, "constraints": list(_composite(draft)), "renamed_from": draft.renamed_from}
    members = {**values, "__annotations__": annotations, "__module__": __name__}
    return new_class(_class_name(draft.table), (Model,), keywords, lambda namespace: namespace.update(members))


def _class_name(table: str) -> str:
    return table.title()


def _field(draft: FieldDraft, by_table: Mapping[str, ModelDraft]) -> tuple[Any, Any]:
    words: list[Any] = [RenamedFrom(draft.renamed_from)] if draft.renamed_from else []
    words += _MARKERS[draft.marker]
    if draft.reference:
        annotation: Any = KEY_KINDS[by_table[draft.reference].key or "uuid"]
        words.append(Reference(_class_name(draft.reference), expand_as=f"of_{id(draft)}"))
    else:
        annotation = KINDS[draft.kind].annotation
    if draft.nullable:
        annotation = annotation | None
    default = NO_DEFAULT if draft.default is None else KINDS[draft.kind].defaults[draft.default]
    words.append(Field(**(KINDS[draft.kind].limits[draft.limits] if not draft.reference else {})))
    return Annotated[annotation, *words], default


def _composite(draft: ModelDraft) -> list[Unique | Indexed]:
    scalars = [name for name, field in draft.fields.items() if field.kind not in JSON_KINDS][:2]
    if len(scalars) < 2 or not draft.composite:
        return []
    return [Unique(*scalars)] if draft.composite == "unique" else [Indexed(*scalars)]


def filling(declaration: Declaration) -> list[str]:
    """One transaction that puts two rows into every table, each row referring to the one of its own number."""
    by_table = {draft.table: draft for draft in declaration}
    inserts = [_insert(draft, by_table, row=row) for draft in declaration for row in range(2)]
    return ["BEGIN; SET CONSTRAINTS ALL DEFERRED; " + "; ".join(inserts) + "; COMMIT"]


def _insert(draft: ModelDraft, by_table: Mapping[str, ModelDraft], *, row: int) -> str:
    columns = {(draft.key and "own_key") or "id": _key_value(draft.key, row)}
    for name, field in draft.fields.items():
        target = field.reference and by_table[field.reference].key
        columns[name] = _key_value(target, row) if field.reference else KINDS[field.kind].values[row]
    names = ", ".join(f'"{name}"' for name in columns)
    return f'INSERT INTO "{draft.table}" ({names}) VALUES ({", ".join(columns.values())})'  # noqa: S608 - of a test


def _key_value(kind: str, row: int) -> str:
    return {"integer": str(row + 1), "string": f"'key {row}'"}.get(kind, f"'00000000-0000-0000-0000-00000000000{row}'")
