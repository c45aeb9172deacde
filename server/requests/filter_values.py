"""Reads a filter's text by the kind of its field: the parameter Postgres gets, or why it is refused."""

import csv
import math
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

import orjson
from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json

from server.requests.text_forms import (
    BOOLEAN_SENTENCE,
    DATE,
    DATE_SENTENCE,
    DATETIME,
    DATETIME_SENTENCE,
    DECIMAL,
    DECIMAL_SENTENCE,
    FLOAT,
    FLOAT_SENTENCE,
    INTEGER,
    INTEGER_SENTENCE,
    UUID_AS_WRITTEN,
    UUID_SENTENCE,
    UUID_TEXT,
)
from storage.listing import Filter, Operator
from storage.record_type import Kind, RecordField
from storage.storable import DECIMAL_DIGITS_MAXIMUM, INTEGER_MAXIMUM, INTEGER_MINIMUM, document_faults, text_faults
from storage.wire import utc

VALUES_MAXIMUM = 100
TEXT_MAXIMUM = 2_000
_DATETIME = TypeAdapter(datetime)
_DATE = TypeAdapter(date)


class ValueRefused(Exception):  # noqa: N818 - it says what is wrong
    """A filter's value does not fit its field."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


def filter_value(field: RecordField, operator: Operator, *, texts: Sequence[str]) -> Filter:
    """The condition `field operator text`; raises ValueRefused. Only `in` and `nin` take more than one text."""
    if operator in ("in", "nin"):
        return Filter(field=field, operator=operator, value=_values(field, texts))
    (text,) = texts
    if operator == "is":
        if text not in ("null", "notnull"):
            raise ValueRefused("unknown_value", "is takes null or notnull")
        return Filter(field=field, operator=operator, negated=text == "notnull")
    if operator in ("like", "ilike"):
        return Filter(field=field, operator=operator, value=_pattern(_bounded(text)))
    if operator == "contains" and field.kind == "string":
        return Filter(field=field, operator=operator, value=_bounded(text))
    return Filter(field=field, operator=operator, value=key_text(field, text))


def key_text(field: RecordField, text: str) -> str:
    """One value in the text form Postgres reads; raises ValueRefused."""
    value = _READERS[field.kind](text)
    if field.limits.values and value not in {str(member) for member in field.limits.values}:
        members = ", ".join(map(str, field.limits.values))
        raise ValueRefused("unknown_value", f"{field.name} is one of {members}")
    return value


def _values(field: RecordField, texts: Sequence[str]) -> tuple[str, ...]:
    """The values between commas; one that has a comma in it stands in double quotes, as in CSV (RFC 4180).

    Each text is read by itself, so that a quote that one of them leaves open does not reach into the next.
    """
    try:
        found = [value for text in texts for value in next(csv.reader([text], strict=True)) or [""]]
    except csv.Error as error:
        raise ValueRefused("quoting_invalid", 'a value in quotes is like "a,b", a quote in it is doubled') from error
    if len(found) > VALUES_MAXIMUM:
        raise ValueRefused("too_many_values", f"at most {VALUES_MAXIMUM} values")
    return tuple(key_text(field, one) for one in found)


def _pattern(text: str) -> str:
    """`*` stands for any characters; everything else for itself."""
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return escaped.replace("*", "%")


def _document(text: str) -> str:
    """JSON as it stands; a bare word is the string it spells, so that `tags[contains]=red` needs no quotes."""
    try:
        document = from_json(_bounded(text), allow_inf_nan=False)
    except ValueError:
        return orjson.dumps(text).decode()
    for fault in document_faults(document):
        raise ValueRefused(fault.code, fault.detail)
    return text


def _bounded(text: str) -> str:
    if len(text) > TEXT_MAXIMUM:
        raise ValueRefused("string_too_long", f"at most {TEXT_MAXIMUM} characters")
    for code, detail in text_faults(text):
        raise ValueRefused(code, detail)
    return text


def _integer(text: str) -> str:
    if not INTEGER.fullmatch(text) or not INTEGER_MINIMUM <= int(text) <= INTEGER_MAXIMUM:
        raise ValueRefused("int_parsing", INTEGER_SENTENCE)
    return str(int(text))


def _decimal(text: str) -> str:
    whole, _, fraction = text.lstrip("-").partition(".")
    if not DECIMAL.fullmatch(text) or max(len(whole), len(fraction)) > DECIMAL_DIGITS_MAXIMUM:
        raise ValueRefused("decimal_parsing", DECIMAL_SENTENCE)
    return format(Decimal(text), "f")


def _float(text: str) -> str:
    value = float(text) if FLOAT.fullmatch(text) else math.nan
    if not math.isfinite(value):
        raise ValueRefused("float_parsing", FLOAT_SENTENCE)
    return repr(value)


def _boolean(text: str) -> str:
    if text not in ("true", "false"):
        raise ValueRefused("bool_parsing", BOOLEAN_SENTENCE)
    return text


def _datetime(text: str) -> str:
    try:
        return utc(_DATETIME.validate_strings(text if DATETIME.fullmatch(text) else "")).isoformat()
    except (ValidationError, OverflowError) as error:
        raise ValueRefused("datetime_parsing", DATETIME_SENTENCE) from error


def _date(text: str) -> str:
    if not DATE.fullmatch(text):
        raise ValueRefused("date_parsing", DATE_SENTENCE)
    try:
        return _DATE.validate_strings(text, strict=True).isoformat()
    except ValidationError as error:
        raise ValueRefused("date_parsing", DATE_SENTENCE) from error


def _uuid(text: str) -> str:
    if UUID_AS_WRITTEN.fullmatch(text):
        return text
    if not UUID_TEXT.fullmatch(text):
        raise ValueRefused("uuid_parsing", UUID_SENTENCE)
    return str(UUID(text))


_READERS: dict[Kind, Callable[[str], str]] = {
    "string": _bounded,
    "integer": _integer,
    "decimal": _decimal,
    "float": _float,
    "boolean": _boolean,
    "datetime": _datetime,
    "date": _date,
    "uuid": _uuid,
    "json": _document,
}
