"""What must not be written down: the private values a request has to do with, and what libraries quote of values."""

import json
import re
from collections.abc import Iterable
from contextvars import ContextVar

REDACTED = "[private]"

_TEXTS: ContextVar[frozenset[str]] = ContextVar("private_texts", default=frozenset())

_QUOTED = (
    # pydantic quotes the beginning and the end of what it refuses
    (re.compile(r"(?<=input_value=).*?(?=, input_type=)", re.DOTALL), REDACTED),
    # Postgres names the values that a constraint is about, and the row they are in
    (re.compile(r"^(DETAIL|CONTEXT):.*$", re.MULTILINE), rf"\1: {REDACTED}"),
)


def begin() -> None:
    """Know of none: a new request has come."""
    if _TEXTS.get():
        _TEXTS.set(frozenset())


def remember(texts: Iterable[str]) -> None:
    """Know of these until the next request comes."""
    _TEXTS.set(_TEXTS.get().union(text for text in texts if text))


def redacted(text: str) -> str:
    """The text without the private values known now, and without what libraries quote of any."""
    for pattern, instead in _QUOTED:
        text = pattern.sub(instead, text)
    known = sorted({form for one in _TEXTS.get() for form in _forms(one)}, key=len, reverse=True)
    for form in known:
        text = _whole_words(form).sub(REDACTED, text)
    return text


def _forms(text: str) -> set[str]:
    """As it is, and as messages quote it."""
    return {text, repr(text)[1:-1], ascii(text)[1:-1], json.dumps(text)[1:-1]}


def _whole_words(form: str) -> re.Pattern[str]:
    """Finds it, but not within a longer word: `Bo` is no part of `Boolean`."""
    before = r"(?<!\w)" if form[0].isalnum() else ""
    after = r"(?!\w)" if form[-1].isalnum() else ""
    return re.compile(before + re.escape(form) + after)
