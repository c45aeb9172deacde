"""A statement: SQL compiled once, ready to be prepared on any connection and executed by name."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from operator import itemgetter
from typing import Any, cast

from sqlalchemy import Delete, Table, types
from sqlalchemy.dialects.postgresql.base import PGCompiler, PGDialect
from sqlalchemy.sql import ClauseElement, visitors
from sqlalchemy.sql.elements import BindParameter, TextClause
from sqlalchemy.sql.expression import UpdateBase

from storage.postgres.array_text import Scalar, array_text
from storage.postgres.literals import literal

Parameter = Scalar | Sequence[Scalar]
"""What a caller may bind: a value whose text Postgres reads as the declared type, or several for an array."""

MILLISECONDS = 1_000

NAME_DIGEST_BYTES = 8
"""64 bits: no two statements of a service share a name."""

_ARRAY = "[]"
"""How the name of an array's type ends."""

_FIRST = re.compile(r"\$1\b")
"""A statement's first parameter, as its SQL has it."""

_PLAIN_NAMES: Mapping[type[types.TypeEngine[Any]], str] = {
    types.NullType: "unknown",
    types.String: "text",
    types.Float: "double precision",
    types.Numeric: "numeric",
}
"""Without length or precision, which would cut or round a value instead of refusing it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """SQL with `$1`, `$2`, … and the Postgres type and the name of each parameter, in order."""

    name: str
    sql: str
    types: tuple[str, ...]
    parameters: tuple[str, ...]
    writes: bool = True
    """Whether losing its answer leaves open if something was changed."""
    finds_itself: bool = False
    """Whether a write, made again, finds what it did the first time and does nothing more."""
    tables: tuple[str, ...] = ()
    """Those it changes, or, where it only reads, those it reads; empty where that is not known."""
    deletes: bool = False
    key: str = ""
    """The parameter that names the one record it reads or makes, where there is no other."""
    of_several: "Statement | None" = field(default=None, repr=False)
    """Does the same for several records at once: of a read that takes nothing but their keys, as `of_several` makes it;
    of one that makes a record, from arrays of what that takes."""
    lock_patience_seconds: float = 0.0
    """How long it waits for somebody's lock, where that is less than any other statement does."""
    returns_keys: bool = False
    """Whether each of its rows ends in the key, as text, of a record that is written: by it, or by what it finds done
    before; or in null."""
    preparation: str = field(init=False, repr=False)
    """The PREPARE command."""
    invocation: str = field(init=False, repr=False)
    """The EXECUTE command, without its parameters, and before it what holds for it alone."""
    _in_order: Callable[[Mapping[str, Parameter]], tuple[Parameter, ...]] = field(init=False, repr=False, compare=False)
    _takes_arrays: bool = field(init=False, repr=False)

    def __post_init__(self) -> None:
        declared = f" ({', '.join(self.types)})" if self.types else ""
        object.__setattr__(self, "preparation", f"PREPARE {self.name}{declared} AS {self.sql}")
        patience = f"SET LOCAL lock_timeout = {self.lock_patience_seconds * MILLISECONDS:.0f};"
        object.__setattr__(self, "invocation", f"{patience if self.lock_patience_seconds else ''}EXECUTE {self.name}")
        object.__setattr__(self, "_in_order", _taking(self.parameters))
        object.__setattr__(self, "_takes_arrays", any(name.endswith(_ARRAY) for name in self.types))

    @property
    def tells_of_writes(self) -> bool:
        """Whether something is written once it has run."""
        return self.writes or self.returns_keys

    @property
    def key_place(self) -> int | None:
        """Where among the parameters the key of that one record stands."""
        return self.parameters.index(self.key) if self.key else None

    def invoked_with(self, parameters: Sequence[Scalar]) -> str:
        """The whole EXECUTE command, for parameters in their order; raises ValueError for text Postgres cannot hold."""
        return f"{self.invocation} ({', '.join(map(literal, parameters))})" if parameters else self.invocation

    def bind(self, values: Mapping[str, Parameter]) -> tuple[Scalar, ...]:
        """Put the values in the parameters' order, arrays as text; a missing name is a KeyError."""
        found = self._in_order(values)
        return tuple(map(_scalar, found)) if self._takes_arrays else cast("tuple[Scalar, ...]", found)


def _taking(names: tuple[str, ...]) -> Callable[[Mapping[str, Parameter]], tuple[Parameter, ...]]:
    """Takes the values under these names, in C where there are several: 0.9 µs for six, and 0.2."""
    return itemgetter(*names) if len(names) > 1 else lambda values: tuple([values[name] for name in names])


def statement(sql: str, *, types: Mapping[str, str], writes: bool = True, finds_itself: bool = False) -> Statement:
    """Name a statement written by hand; `types` gives the name and Postgres type of each parameter, `$1` first."""
    declared = tuple(types.values())
    digest = blake2b("\0".join((sql, *declared)).encode(), digest_size=NAME_DIGEST_BYTES)
    name = f"m_{digest.hexdigest()}"
    return Statement(
        name=name, sql=sql, types=declared, parameters=tuple(types), writes=writes, finds_itself=finds_itself
    )


def of_several(one: Statement) -> Statement:
    """Make of a statement that reads by one parameter another that does so for each element of an array.

    It is the same SQL, for each element in turn. In front of its columns stands the place of the element that a row is
    for, from 1.
    """
    (declared,) = one.types
    sql = (
        f"SELECT _asked.place, _found.* FROM unnest((SELECT $1)) WITH ORDINALITY AS _asked (key, place),"  # noqa: S608 - ours
        f" LATERAL ({_FIRST.sub('_asked.key', one.sql)}) AS _found"
    )
    several = statement(sql, types={one.parameters[0]: f"{declared}{_ARRAY}"}, writes=False)
    return replace(several, tables=one.tables)


def compiled(query: ClauseElement, *, writes: bool | None = None, finds_itself: bool = False) -> Statement:
    """Compile a query whose open values are `bindparam("name", type_=…)`.

    Values known now (a LIMIT, a constant) become part of the SQL, where the planner sees them. Whether it
    writes is seen from the query: a SELECT does not, a query of mere text is taken to. Say so with `writes`
    where that is wrong, as for a SELECT that calls a function which writes.
    """
    dialect = _Dialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]  # SQLAlchemy's own
    made = _Compiler(dialect, query)
    names = tuple(dict.fromkeys(made.positiontup or ()))
    plain = statement(
        str(made),
        types={name: _type_name(made.binds[name].type, dialect) for name in names},
        writes=_writes(query) if writes is None else writes,
        finds_itself=finds_itself,
    )
    parts = list(visitors.iterate(query))
    changed = [part.table for part in parts if isinstance(part, UpdateBase)]
    tables = {part.fullname for part in changed or parts if isinstance(part, Table)}
    return replace(plain, tables=tuple(sorted(tables)), deletes=any(isinstance(part, Delete) for part in parts))


class _Compiler(PGCompiler):
    """Keeps as parameters only what has no value yet."""

    def visit_bindparam(self, bindparam: BindParameter[Any], *args: Any, **kwargs: Any) -> Any:
        """Render one value or parameter."""
        if bindparam.expanding and bindparam.required:
            raise TypeError(f"{bindparam.key}: an IN list has no fixed statement, use = ANY with an array")
        kwargs["literal_binds"] = kwargs.get("literal_binds", False) or not bindparam.required
        return super().visit_bindparam(bindparam, *args, **kwargs)  # type: ignore[no-untyped-call]  # SQLAlchemy's


class _Dialect(PGDialect):
    statement_compiler = _Compiler
    supports_statement_cache = False  # each query is compiled once


def _type_name(declared: types.TypeEngine[Any], dialect: PGDialect) -> str:
    if isinstance(declared, types.ARRAY):
        return f"{_type_name(declared.item_type, dialect)}{_ARRAY}"
    if isinstance(declared, types.Enum) and declared.native_enum:
        return declared.compile(dialect=dialect)
    for plain, name in _PLAIN_NAMES.items():
        if isinstance(declared, plain):
            return name
    return declared.compile(dialect=dialect).lower()


def _writes(query: ClauseElement) -> bool:
    return isinstance(query, TextClause) or any(isinstance(part, UpdateBase) for part in visitors.iterate(query))


def _scalar(value: Parameter) -> Scalar:
    if value is None or isinstance(value, str | int | float):
        return value
    return array_text(value)
