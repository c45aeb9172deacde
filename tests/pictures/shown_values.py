"""Values as people read them, in Grafana's units: 0.0123 s is 12.3 ms."""

import math

_SECONDS = ((86_400.0, "d"), (3_600.0, "h"), (60.0, "min"), (1.0, "s"), (1e-3, "ms"), (1e-6, "µs"))
_BYTES = ((2.0**40, "TiB"), (2.0**30, "GiB"), (2.0**20, "MiB"), (2.0**10, "KiB"))
_COUNTS = ((1e9, " Bil"), (1e6, " Mil"), (1e3, " K"))
_SUFFIXES = {"reqps": " req/s", "ops": " ops/s"}
_DIGITS = 3


def shown(value: float, unit: str, decimals: int | None = None) -> str:
    """A value with its unit; a percentage to so many decimals."""
    match unit:
        case "percentunit" if decimals is not None:
            return f"{value * 100:.{decimals}f}%"
        case "percentunit":
            return f"{_short(value * 100)}%"
        case "s":
            return _scaled(value, _SECONDS, least="µs") if value else "0 s"
        case "bytes":
            return _scaled(value, _BYTES, least="B")
        case _:
            size, letter = next(((size, letter) for size, letter in _COUNTS if abs(value) >= size), (1.0, ""))
            return f"{_short(value / size)}{letter}{_SUFFIXES.get(unit, '')}"


def _scaled(value: float, sizes: tuple[tuple[float, str], ...], *, least: str) -> str:
    # A hair below the size still counts as it: 0.9999 ms is 1 ms.
    for size, letter in sizes:
        if abs(value) >= size * 0.9995:
            return f"{_short(value / size)} {letter}"
    size = sizes[-1][0] if least == sizes[-1][1] else 1.0
    return f"{_short(value / size)} {least}"


def _short(value: float) -> str:
    if math.isinf(value):
        return "∞"
    if value == 0:
        return "0"
    digits = max(0, _DIGITS - 1 - math.floor(math.log10(abs(value))))
    text = f"{value:.{min(digits, 4)}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
