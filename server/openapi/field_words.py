"""What the document says of fields that not every caller sees or sets."""

from collections.abc import Iterable, Mapping

from server.identity.access import Access
from server.identity.field_access import MarkedFields, rules_of
from server.openapi.access_words import access_in_words
from server.openapi.json_value import Object
from storage.record_type import RecordType


class FieldWords:
    """The marked fields of one model."""

    def __init__(self, record_type: RecordType) -> None:
        self._rules: MarkedFields = rules_of(record_type)

    def answered(self, properties: Mapping[str, Object]) -> dict[str, Object]:
        """The properties of an answer, each with who sees it and sets it."""
        said = _said(properties, self._rules.readable, extension="x-readable-by", verb="sees")
        return {
            name: {**schema, "readOnly": True} if name in self._rules.read_only else schema
            for name, schema in said.items()
        }

    def always_there(self, names: Iterable[str]) -> list[str]:
        """Those of the fields that every caller sees."""
        return [name for name in names if name not in self._rules.readable]

    def sent(self, properties: Mapping[str, Object], *, anew: bool) -> dict[str, Object]:
        """The properties of a body; `anew` where it makes a record, and does not change one."""
        taken = {
            name: schema
            for name, schema in properties.items()
            if name not in self._rules.read_only and (anew or name not in self._rules.once)
        }
        return _said(taken, self._rules.writable, extension="x-writable-by", verb="sets")

    @property
    def some_stay(self) -> bool:
        """Whether there are fields that no request changes."""
        return bool(self._rules.once)


def _said(
    properties: Mapping[str, Object], words: Mapping[str, Access], *, extension: str, verb: str
) -> dict[str, Object]:
    said = dict(properties)
    for name, word in words.items():
        if name in said:
            who = access_in_words(word)
            text = f"{said[name].get('description', '')} Only {who} {verb} this.".strip()
            said[name] = {**said[name], extension: who, "description": text}
    return said
