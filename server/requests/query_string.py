"""Reads a query string's parameters: once each unless it is a list, in UTF-8, not too many; notes all faults."""

from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

from middleware.errors import Fault, Malformed
from server.requests.json_body import FAULTS_MAXIMUM
from storage.storable import text_faults

PARAMETERS_MAXIMUM = 64


@dataclass(slots=True)
class Reading:
    """What is wrong with a query, as far as it has been read.

    `more` is what list parameters were given after the first time: `?fields=id&fields=name` has `name` there.
    """

    faults: list[Fault] = field(default_factory=list)
    more: dict[str, list[str]] = field(default_factory=dict)

    def refuse(self, parameter: str, code: str, *, detail: str) -> None:
        """Note one fault."""
        self.faults.append(Fault(code=code, detail=detail, parameter=parameter))

    def end(self) -> None:
        """Raise Malformed with all that was noted."""
        if self.faults:
            raise Malformed("The query has faults.", faults=self.faults[:FAULTS_MAXIMUM])


def _never(_name: str) -> bool:
    return False


def read_parameters(raw: str, reading: Reading, *, is_list: Callable[[str], bool] = _never) -> dict[str, str]:
    """The decoded parameters of a raw query string, in order; what is unreadable or given again is left out.

    A parameter that `is_list` may be given several times, as generated clients send arrays; these count as one.
    """
    given: dict[str, str] = {}
    parameters = 0
    for pair in raw.split("&"):
        if not pair:
            continue
        raw_name, _, raw_value = pair.partition("=")
        parameters += raw_name not in reading.more
        if parameters > PARAMETERS_MAXIMUM:
            reading.refuse(_shown(raw_name), "too_many_parameters", detail=f"at most {PARAMETERS_MAXIMUM} parameters")
            break
        name, value = _text(raw_name), _text(raw_value)
        if name is None or value is None:
            reading.refuse(_shown(raw_name), "invalid_unicode", detail="percent-encoded text is UTF-8")
            continue
        unfit = next(text_faults(name + value), None)
        if unfit is not None:
            reading.refuse(name, unfit[0], detail=unfit[1])
        elif name in given and is_list(name):
            reading.more.setdefault(name, []).append(value)
        elif name in given:
            reading.refuse(name, "repeated", detail="give this parameter once")
        else:
            given[name] = value
    return given


def _text(raw: str) -> str | None:
    """The text; None where its bytes are no UTF-8, percent-encoded or bare."""
    try:
        return unquote_to_bytes(raw.replace("+", " ")).decode()
    except UnicodeError:
        return None


def _shown(raw: str) -> str:
    """A name that cannot be decoded, as it was sent; bytes that are no text are escaped."""
    return _text(raw) or ascii(raw).strip("'")
