"""How a value is written where it is text: the same in a body, in a query and in a path."""

import re

INTEGER = re.compile(r"-?[0-9]{1,19}")
DECIMAL = re.compile(r"-?[0-9]+(\.[0-9]+)?")
FLOAT = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
UUID_AS_WRITTEN = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.ASCII)
"""A UUID as we write it, and so as nearly all come back: to read it and write it again takes 2 µs."""
UUID_TEXT = re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}", re.IGNORECASE | re.ASCII)
BOOLEAN = re.compile(r"true|false")
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
DATETIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}.*")
"""At least its beginning: pydantic, which reads the rest, also takes a bare number, as seconds since 1970."""

BOOLEAN_SENTENCE = "true or false"
DECIMAL_SENTENCE = "a decimal number such as 9.90"
FLOAT_SENTENCE = "a number such as 1.5"
INTEGER_SENTENCE = "a whole number of at most 64 bits"
UUID_SENTENCE = "a UUID such as 0197f3f5-6d2c-7c3a-9f4e-2b8f0f3f1c5a"
DATE_SENTENCE = "a date such as 2026-01-31"
DATETIME_SENTENCE = "a time such as 2026-01-31T23:59:59Z"
