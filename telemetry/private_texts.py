"""What must not be written down: the private values a request has to do with, and what libraries quote of values."""

import json
import re
from collections.abc import Iterable
from contextvars import ContextVar

REDACTED = "[private]"

_TEXTS: ContextVar[frozenset[str]] = ContextVar("private_texts", default=frozenset())

_QUOTED = (
    # credentials, as headers, addresses, tokens and assignments hold them
    (re.compile(r"\b(bearer|basic|digest|sentry)\s+(?=[\w=])[^\s'\",;]+", re.IGNORECASE), rf"\1 {REDACTED}"),
    (re.compile(r"\bmainstay_\w{11}_\w{20,}"), REDACTED),
    (re.compile(r"\beyJ[\w-]{6,}\.[\w-]+\.[\w-]*"), REDACTED),
    (re.compile(r"(?<=://)[^\s/'\"@]*@"), f"{REDACTED}@"),
    (
        re.compile(
            r"\b((?:\w*(?:password|passwd|secret|token|api_?key|credential)|pwd|authorization|(?:set-)?cookie|dsn)"
            r"['\"]?\s*[=:]\s*)(?:'[^']*'|\"[^\"]*\"|[^\s,;)\]}]+)",
            re.IGNORECASE,
        ),
        rf"\1{REDACTED}",
    ),
    # what an address asks for
    (re.compile(r"(?<=[\w/])\?[^\s'\"<>?=]+=[^\s'\"<>]*"), f"?{REDACTED}"),
    # Postgres shows the place in a statement, which has values in it, and what it could not read
    (re.compile(r"^LINE \d+:.*(?:\n\s*\^)?", re.MULTILINE), REDACTED),
    (
        re.compile(r"(invalid input (?:syntax|value) for [^:\n]*: )\".*\"|(value )\"[^\"]*\"(?= is out of range)"),
        rf"\1\2{REDACTED}",
    ),
    # pydantic quotes the beginning and the end of what it refuses
    (re.compile(r"(?<=input_value=).*?(?=, input_type=)", re.DOTALL), REDACTED),
    # Postgres names the values that a constraint is about, and the row they are in
    (re.compile(r"^(DETAIL|CONTEXT):.*$", re.MULTILINE), rf"\1: {REDACTED}"),
)


_READS_THE_SAME = re.compile(r"[ -!#-&(-\[\]-~]*")
"""Printable ASCII without quotes and backslashes, which is quoted as it is."""


def begin() -> None:
    """Know of none: a new request has come."""
    if _TEXTS.get():
        _TEXTS.set(frozenset())


def remember(texts: Iterable[str]) -> None:
    """Know of these until the next request comes."""
    _TEXTS.set(_TEXTS.get().union(text for text in texts if text))


def redacted(text: str, *, also: Iterable[str] = ()) -> str:
    """The text without the private values known now and `also` these, and without what libraries quote of any."""
    known = {form for one in (*_TEXTS.get(), *also) for form in _forms(one) if form in text}
    for form in sorted(known, key=len, reverse=True):
        text = _whole_words(form).sub(REDACTED, text)
    for pattern, instead in _QUOTED:
        text = pattern.sub(instead, text)
    return text


def _forms(text: str) -> set[str]:
    """As it is, and as messages quote it."""
    if _READS_THE_SAME.fullmatch(text):
        return {text}
    return {text, repr(text)[1:-1], ascii(text)[1:-1], json.dumps(text)[1:-1]}


_WORD_BEGINS = r"(?:(?<!\w)|(?<=\\[abfnrtv])|(?<=\\x[0-9a-f]{2})|(?<=\\u[0-9a-f]{4}))"
"""After no letter, or after one that ends an escape: as it is quoted, `\\n` is no part of the word behind it."""


def _whole_words(form: str) -> re.Pattern[str]:
    """Finds it, but not within a longer word: `Bo` is no part of `Boolean`."""
    before = _WORD_BEGINS if form[0].isalnum() else ""
    after = r"(?!\w)" if form[-1].isalnum() else ""
    return re.compile(before + re.escape(form) + after)
