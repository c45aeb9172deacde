"""The JSON Schema of each kind of value as it stands on the wire, wherever pydantic meets one."""

from decimal import Decimal
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from server.openapi.example_values import example_decimal, example_integer
from storage.storable import INTEGER_MAXIMUM, INTEGER_MINIMUM

DATETIME_PATTERN = r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}Z$"
"""Every time is rendered in UTC with six digits of a second."""

_MOMENT = "2026-01-31T23:59:59.000000Z"


class WireSchema(GenerateJsonSchema):
    """Pydantic's schemas, brought to the wire forms: see storage/wire.py for the table of them.

    In the validation mode it tells what may be sent, in the serialization mode what is answered.
    """

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - pydantic decides the parameters
        """A title that only repeats the property's name says nothing."""
        return False

    def int_schema(self, schema: core_schema.IntSchema) -> JsonSchemaValue:
        """64 bits, or what the declaration narrows them to."""
        written = {"format": "int64", **super().int_schema(schema)}
        if written.get("exclusiveMinimum", INTEGER_MINIMUM) <= INTEGER_MINIMUM:
            written.pop("exclusiveMinimum", None)
            written["minimum"] = max(written.get("minimum", INTEGER_MINIMUM), INTEGER_MINIMUM)
        if written.get("exclusiveMaximum", INTEGER_MAXIMUM) >= INTEGER_MAXIMUM:
            written.pop("exclusiveMaximum", None)
            written["maximum"] = min(written.get("maximum", INTEGER_MAXIMUM), INTEGER_MAXIMUM)
        return written | _examples(example_integer(schema))

    def float_schema(self, schema: core_schema.FloatSchema) -> JsonSchemaValue:
        """A double."""
        return {**super().float_schema(schema), "format": "double"}

    def decimal_schema(self, schema: core_schema.DecimalSchema) -> JsonSchemaValue:
        """A string, so that no client loses digits; a number is taken too."""
        written = super().decimal_schema(schema)
        examples = _examples(example_decimal(schema))
        if "anyOf" not in written:
            return written | examples
        number, text = written["anyOf"]
        return {"anyOf": [text | examples, number]}

    def get_decimal_pattern(self, schema: core_schema.DecimalSchema) -> str:
        """Digits without an exponent: at most as many as the declaration allows."""
        never_negative = any(bound is not None and bound >= 0 for bound in (schema.get("ge"), schema.get("gt")))
        return decimal_pattern(
            max_digits=schema.get("max_digits"),
            decimal_places=schema.get("decimal_places"),
            never_negative=never_negative,
        )

    def datetime_schema(self, schema: core_schema.DatetimeSchema) -> JsonSchemaValue:
        """RFC 3339; answers have one fixed form of it."""
        written = super().datetime_schema(schema)
        return written if self.mode == "validation" else {**written, "pattern": DATETIME_PATTERN} | _examples(_MOMENT)

    def encode_default(self, dft: Any) -> Any:
        """A decimal default is a string like any decimal."""
        return format(dft, "f") if isinstance(dft, Decimal) else super().encode_default(dft)


def decimal_pattern(
    *, max_digits: int | None = None, decimal_places: int | None = None, never_negative: bool = False
) -> str:
    """The regular expression of a decimal's wire form.

    >>> decimal_pattern(max_digits=12, decimal_places=2)
    '^-?\\\\d{1,10}(\\\\.\\\\d{1,2})?$'
    """
    whole = r"\d+"
    if max_digits is not None:
        whole = rf"\d{{1,{max(max_digits - (decimal_places or 0), 1)}}}"
    fraction = r"(\.\d+)?"
    if decimal_places is not None:
        fraction = rf"(\.\d{{1,{decimal_places}}})?" if decimal_places else ""
    return f"^{'' if never_negative else '-?'}{whole}{fraction}$"


def _examples(value: int | str | None) -> JsonSchemaValue:
    return {} if value is None else {"examples": [value]}
