"""Words that what a file calls does not know: misspelled, missing, too many; and what would fail as it is imported."""

import ast
import inspect
from collections.abc import Iterator, Mapping
from functools import cache

from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import SchemaError, SchemaValidator, core_schema

import server
from server.nearest import nearest
from server.source.file_text import FileText, target_name
from storage.mistakes import Mistake
from storage.model import Model

_CALLED = (
    server.Resource,
    server.Route,
    server.Service,
    server.Upstream,
    server.Limit,
    server.Cors,
    server.Tokens,
    server.Accounts,
    server.Availability,
    server.Latency,
    server.Key,
    server.Unique,
    server.Indexed,
    server.Reference,
    server.RenamedFrom,
    server.role,
    Field,
)
_MODEL_WORDS = ("table", "constraints", "renamed_from")
SURELY_MEANT = 0.8
"""How like another a word is that may be read in its place: a letter or two apart."""

_UNTYPED = ast.Constant | ast.List | ast.Dict | ast.Set | ast.Tuple | ast.UnaryOp


def unknown_words(text: FileText) -> Iterator[Mistake]:
    """Everything wrong with how a file uses our words and pydantic's, as far as its text shows it."""
    models = dict(_models(text))
    for statement, where in text.parts():
        if isinstance(statement, ast.ClassDef):
            yield from _class_mistakes(text, statement, is_record=models.get(statement.name) is Model)
            continue
        owner = where.partition(".")[0]
        if isinstance(statement, ast.Assign) and owner in models and owner != where:
            yield from _untyped(text, statement, where=where)
        for call in ast.walk(statement):
            if isinstance(call, ast.Call):
                yield from _call_mistakes(text, call, where=where)


def meant_words(text: FileText, call: ast.Call) -> Mapping[str, str]:
    """The words of a call that what it calls does not know: each with the one probably meant, or with nothing."""
    known = _known(_signature_of(text.stands_for(call.func)) or {})
    given = {keyword.arg for keyword in call.keywords}
    unknown = [keyword.arg for keyword in call.keywords if keyword.arg is not None and keyword.arg not in known]
    near = {word: nearest(word, known, alike=SURELY_MEANT) for word in unknown if known}
    return {word: "" if one in given else one for word, one in near.items()}


def _models(text: FileText) -> Iterator[tuple[str, type]]:
    """The file's classes that derive from Model or BaseModel, each with which."""
    found: dict[str, type] = {}
    for statement, _ in text.parts():
        if isinstance(statement, ast.ClassDef):
            bases = [text.stands_for(base) or found.get(getattr(base, "id", "")) for base in statement.bases]
            for kind in (Model, BaseModel):
                if kind in bases:
                    found[statement.name] = kind
                    yield statement.name, kind
                    break


def _class_mistakes(text: FileText, statement: ast.ClassDef, *, is_record: bool) -> Iterator[Mistake]:
    known = (*_MODEL_WORDS, *ConfigDict.__annotations__)
    for keyword in statement.keywords if is_record else ():
        if keyword.arg is not None and keyword.arg not in known:
            detail = f"Model has no {keyword.arg}={_hint(keyword.arg, known, shown=_MODEL_WORDS)}"
            yield text.mistake(keyword, detail, where=statement.name)


def _untyped(text: FileText, statement: ast.Assign, *, where: str) -> Iterator[Mistake]:
    name = target_name(statement)
    if not name or name.startswith("_") or name == "model_config":
        return
    value = statement.value
    is_field = isinstance(value, ast.Call) and text.stands_for(value.func) is Field
    if is_field or isinstance(value, _UNTYPED):
        constant = value.value if isinstance(value, ast.Constant) else None
        kind = "…" if constant is None else type(constant).__name__
        yield text.mistake(statement, f"has no type: write {name}: {kind} = {ast.unparse(value)}", where=where)


def _call_mistakes(text: FileText, call: ast.Call, *, where: str) -> Iterator[Mistake]:
    called = text.stands_for(call.func)
    signature = _signature_of(called)
    if signature is None:
        return
    name = getattr(called, "__name__", "")
    known = _known(signature)
    near: set[str] = set()
    for keyword in call.keywords:
        if keyword.arg is not None and keyword.arg not in known:
            near.add(nearest(keyword.arg, known))
            yield text.mistake(keyword, f"{name} has no {keyword.arg}={_hint(keyword.arg, known)}", where=where)
        if called is Field and keyword.arg == "pattern":
            yield from _pattern_mistakes(text, keyword.value, where=where)
    for detail in _binding_problems(call, signature, excused=near):
        yield text.mistake(call, f"{name} {detail}", where=where)


def _binding_problems(
    call: ast.Call, signature: Mapping[str, inspect.Parameter], *, excused: set[str]
) -> Iterator[str]:
    places = [word for word, one in signature.items() if one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)]
    takes_any = any(one.kind is one.VAR_POSITIONAL for one in signature.values())
    if any(isinstance(one, ast.Starred) for one in call.args) or any(one.arg is None for one in call.keywords):
        return
    given = {*places[: len(call.args)], *(keyword.arg for keyword in call.keywords)}
    if len(call.args) > len(places) and not takes_any:
        first = f"only its first {len(places)}" if places else "none of them"
        yield f"takes values by name: {first} may stand without one"
        return
    missing = [
        f"{word}="
        for word, one in signature.items()
        if one.default is one.empty
        and one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD)
        and word not in given
        and word not in excused
    ]
    if missing:
        yield f"needs {' and '.join(missing)}"


def _pattern_mistakes(text: FileText, node: ast.expr, *, where: str) -> Iterator[Mistake]:
    """Pydantic's own engine judges, unless the file speaks of another one."""
    pattern = node.value if isinstance(node, ast.Constant) else None
    if not isinstance(pattern, str) or "regex_engine" in ast.dump(text.tree):
        return
    try:
        SchemaValidator(core_schema.str_schema(pattern=pattern))
    except SchemaError as error:
        reason = str(error).rpartition("error: ")[2].splitlines()[0]
        yield text.mistake(node, f"the pattern {pattern!r} is no regular expression: {reason}", where=where)


def _signature_of(called: object) -> Mapping[str, inspect.Parameter] | None:
    return next((_signature(one) for one in _CALLED if one is called), None)


def _known(signature: Mapping[str, inspect.Parameter]) -> set[str]:
    return {word for word, one in signature.items() if one.kind not in (one.VAR_POSITIONAL, one.VAR_KEYWORD)}


@cache
def _signature(called: object) -> Mapping[str, inspect.Parameter]:
    return inspect.signature(called).parameters if callable(called) else {}


def _hint(word: str, known: set[str] | tuple[str, ...], *, shown: tuple[str, ...] = ()) -> str:
    near = nearest(word, known)
    return f"; did you mean {near}=?" if near else f"; it takes {', '.join(shown or sorted(known))}"
