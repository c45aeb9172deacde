"""Plausible values for numbers, which a page would otherwise fill with the largest or a random one."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

_AMOUNTS = tuple(map(Decimal, ("9.90", "9.9", "9", "1", "0.90", "0.9", "0")))


def example_integer(bounds: Mapping[str, Any]) -> int | None:
    """A whole number within `ge`, `gt`, `le`, `lt` and `multiple_of`; None where none comes to mind."""
    edges = [bounds.get("multiple_of"), bounds.get("ge"), _moved(bounds.get("gt"), 1)]
    edges += [bounds.get("le"), _moved(bounds.get("lt"), -1)]
    candidates = [1, *(int(edge) for edge in edges if edge is not None), 0]
    return next((value for value in candidates if _within(value, bounds)), None)


def example_decimal(bounds: Mapping[str, Any]) -> str | None:
    """A decimal's wire form within the same bounds, `max_digits` and `decimal_places`; None likewise."""
    edges = [Decimal(str(bounds[name])) for name in ("ge", "le") if bounds.get(name) is not None]
    fitting = (value for value in (*_AMOUNTS, *edges) if _within(value, bounds) and _short_enough(value, bounds))
    value = next(fitting, None)
    return None if value is None else format(value, "f")


def _moved(edge: int | None, step: int) -> int | None:
    return None if edge is None else edge + step


def _within(value: int | Decimal, bounds: Mapping[str, Any]) -> bool:
    tests: Mapping[str, Callable[[Any], bool]] = {
        "ge": lambda bound: value >= bound,
        "gt": lambda bound: value > bound,
        "le": lambda bound: value <= bound,
        "lt": lambda bound: value < bound,
        "multiple_of": lambda bound: value % bound == 0,
    }
    return all(test(bounds[name]) for name, test in tests.items() if bounds.get(name) is not None)


def _short_enough(value: Decimal, bounds: Mapping[str, Any]) -> bool:
    _, digits, exponent = value.as_tuple()
    places = max(-int(exponent), 0)
    allowed_places = places if bounds.get("decimal_places") is None else bounds["decimal_places"]
    allowed_digits = bounds.get("max_digits")
    whole = max(len(digits) - places, 0)
    return places <= allowed_places and (allowed_digits is None or whole + allowed_places <= allowed_digits)
