"""Reads a query string's parameters: each once, in UTF-8, a bounded number of them; all faults are noted."""

from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

from middleware.errors import Fault, Malformed
from server.requests.json_body import FAULTS_MAXIMUM
from storage.storable import text_faults

PARAMETERS_MAXIMUM = 64


@dataclass(slots=True)
class Reading:
    """What is wrong with a query, as far as it has been read."""

    faults: list[Fault] = field(default_factory=list)

    def refuse(self, parameter: str, code: str, *, detail: str) -> None:
        """Note one fault."""
        self.faults.append(Fault(code=code, detail=detail, parameter=parameter))

    def end(self) -> None:
        """Raise Malformed with all that was noted."""
        if self.faults:
            raise Malformed("The query has faults.", faults=self.faults[:FAULTS_MAXIMUM])


def read_parameters(raw: str, reading: Reading) -> dict[str, str]:
    """The decoded parameters of a raw query string, in order; what is unreadable or given again is left out."""
    given: dict[str, str] = {}
    pairs = [pair for pair in raw.split("&") if pair]
    for pair in pairs[:PARAMETERS_MAXIMUM]:
        raw_name, _, raw_value = pair.partition("=")
        name, value = _text(raw_name), _text(raw_value)
        if name is None or value is None:
            reading.refuse(_shown(raw_name), "invalid_unicode", detail="percent-encoded text is UTF-8")
            continue
        unfit = next(text_faults(name + value), None)
        if unfit is not None:
            reading.refuse(name, unfit[0], detail=unfit[1])
        elif name in given:
            reading.refuse(name, "repeated", detail="give this parameter once")
        else:
            given[name] = value
    if len(pairs) > PARAMETERS_MAXIMUM:
        name = _shown(pairs[PARAMETERS_MAXIMUM].partition("=")[0])
        reading.refuse(name, "too_many_parameters", detail=f"at most {PARAMETERS_MAXIMUM} parameters")
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
