"""Reads a filter's text by the kind of its field: the parameter Postgres gets, or why it is refused."""

import math
import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from uuid import UUID

import orjson
from pydantic import TypeAdapter, ValidationError

from storage.listing import Filter, Operator
from storage.record_type import Kind, RecordField
from storage.storable import DECIMAL_DIGITS_MAXIMUM, INTEGER_MAXIMUM, INTEGER_MINIMUM, text_faults
from storage.wire import utc

VALUES_MAXIMUM = 100
TEXT_MAXIMUM = 2_000
_INTEGER = re.compile(r"-?[0-9]{1,19}")
_UUID = re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}", re.IGNORECASE)
_DATETIME = TypeAdapter(datetime)
_DATE = TypeAdapter(date)
_RFC3339 = re.compile(r"\d{4}-\d\d-\d\d([Tt ]\d\d:\d\d.*)?", re.ASCII)


class ValueRefused(Exception):  # noqa: N818 - it says what is wrong
    """A filter's value does not fit its field."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code


def filter_value(field: RecordField, operator: Operator, text: str) -> Filter:
    """The condition `field operator text`; raises ValueRefused."""
    for code, detail in text_faults(text):
        raise ValueRefused(code, detail)
    if operator == "is":
        if text not in ("null", "notnull"):
            raise ValueRefused("unknown_value", "is takes null or notnull")
        return Filter(field=field, operator=operator, negated=text == "notnull")
    if operator in ("in", "nin"):
        return Filter(field=field, operator=operator, value=_values(field, text))
    if operator in ("like", "ilike"):
        return Filter(field=field, operator=operator, value=_pattern(_bounded(text)))
    if field.kind == "json":
        return Filter(field=field, operator=operator, value=_document(text))
    if operator == "contains":
        return Filter(field=field, operator=operator, value=_bounded(text))
    return Filter(field=field, operator=operator, value=key_text(field, text))


def key_text(field: RecordField, text: str) -> str:
    """One value in the text form Postgres reads; raises ValueRefused."""
    value = _READERS[field.kind](text)
    if field.limits.values and value not in {str(member) for member in field.limits.values}:
        members = ", ".join(map(str, field.limits.values))
        raise ValueRefused("unknown_value", f"{field.name} is one of {members}")
    return value


def _values(field: RecordField, text: str) -> tuple[str, ...]:
    texts = text.split(",")
    if len(texts) > VALUES_MAXIMUM:
        raise ValueRefused("too_many_values", f"at most {VALUES_MAXIMUM} values")
    return tuple(key_text(field, one) for one in texts)


def _pattern(text: str) -> str:
    """`*` stands for any characters; everything else for itself."""
    escaped = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return escaped.replace("*", "%")


def _document(text: str) -> str:
    """JSON as it stands; a bare word is the string it spells, so that `tags[contains]=red` needs no quotes."""
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        return orjson.dumps(_bounded(text)).decode()
    return text


def _bounded(text: str) -> str:
    if len(text) > TEXT_MAXIMUM:
        raise ValueRefused("string_too_long", f"at most {TEXT_MAXIMUM} characters")
    return text


def _integer(text: str) -> str:
    if not _INTEGER.fullmatch(text) or not INTEGER_MINIMUM <= int(text) <= INTEGER_MAXIMUM:
        raise ValueRefused("int_parsing", "a whole number of at most 64 bits")
    return text


def _decimal(text: str) -> str:
    try:
        value = Decimal(text)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or abs(value.adjusted()) > DECIMAL_DIGITS_MAXIMUM or "_" in text:
        raise ValueRefused("decimal_parsing", "a decimal number such as 9.90")
    return str(value)


def _float(text: str) -> str:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or "_" in text:
        raise ValueRefused("float_parsing", "a number such as 1.5")
    return repr(value)


def _boolean(text: str) -> str:
    if text not in ("true", "false"):
        raise ValueRefused("bool_parsing", "true or false")
    return text


def _datetime(text: str) -> str:
    if not _RFC3339.fullmatch(text):
        raise ValueRefused("datetime_parsing", "a time such as 2026-01-31T23:59:59Z")
    try:
        return utc(_DATETIME.validate_strings(text)).isoformat()
    except (ValidationError, OverflowError) as error:
        raise ValueRefused("datetime_parsing", "a time such as 2026-01-31T23:59:59Z") from error


def _date(text: str) -> str:
    try:
        return _DATE.validate_strings(text, strict=True).isoformat()
    except ValidationError as error:
        raise ValueRefused("date_parsing", "a date such as 2026-01-31") from error


def _uuid(text: str) -> str:
    if not _UUID.fullmatch(text):
        raise ValueRefused("uuid_parsing", "a UUID such as 0197f3f5-6d2c-7c3a-9f4e-2b8f0f3f1c5a")
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
