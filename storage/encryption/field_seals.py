"""The encrypted fields of a record type: values sealed on their way in, documents opened on their way out."""

import re
from collections.abc import Callable, Mapping, Sequence

import orjson

from storage.encryption.cipher import FORM, Cipher
from storage.record_type import RecordType

Open = Callable[[bytes], bytes]


class FieldSeals:
    """Knows which of a type's fields are encrypted, and those of the records it can expand."""

    def __init__(self, record_type: RecordType, cipher: Cipher, *, types: Mapping[str, RecordType]) -> None:
        self._cipher = cipher
        self._own = {field.name: f"{record_type.table}.{field.name}" for field in record_type.fields if field.encrypted}
        expanded = [types[one.reference.target_name] for one in record_type.references if one.reference is not None]
        self._places: dict[str, list[str]] = {}
        for one in (record_type, *expanded):
            for field in one.fields:
                if field.encrypted:
                    self._places.setdefault(field.name, []).append(f"{one.table}.{field.name}")
        names = "|".join(map(re.escape, self._places))
        # Within a text a quote is escaped: what this finds is a property, whatever texts hold.
        self._sealed = re.compile(rf'"({names})":"({FORM}:[^"\\]+)"'.encode())

    def sealed(self, values: Mapping[str, object]) -> dict[str, object]:
        """The values, those of encrypted fields encrypted."""
        sealed = {
            name: self._cipher.seal(value, place=self._own[name])
            for name, value in values.items()
            if name in self._own and isinstance(value, str)
        }
        return {**values, **sealed}

    def opened(self, body: bytes) -> bytes:
        """A document, or several, as Postgres rendered them, with what is encrypted in them decrypted."""
        return self._sealed.sub(self._opened, body)

    def _opened(self, found: re.Match[bytes]) -> bytes:
        name, sealed = found[1].decode(), found[2].decode()
        text = _first(self._cipher, sealed, places=self._places[name])
        return found[0] if text is None else b'"%b":%b' % (found[1], orjson.dumps(text))


def field_seals(
    record_type: RecordType, cipher: Cipher | None, *, types: Mapping[str, RecordType]
) -> FieldSeals | None:
    """The seals of a type; None where nothing of what it shows is encrypted. Raises TypeError without a cipher."""
    expanded = (types[one.reference.target_name] for one in record_type.references if one.reference is not None)
    if not any(field.encrypted for one in (record_type, *expanded) for field in one.fields):
        return None
    if cipher is None:
        raise TypeError(f"{record_type.name} has encrypted fields, and there is no key")
    return FieldSeals(record_type, cipher, types=types)


def _first(cipher: Cipher, sealed: str, *, places: Sequence[str]) -> str | None:
    return next((text for place in places if (text := cipher.open(sealed, place=place)) is not None), None)
