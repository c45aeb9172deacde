"""Encrypted fields: texts bound to their column, opened in the documents Postgres renders, and nowhere else."""

import base64
from typing import Annotated
from uuid import UUID

import orjson
import pytest

from server.declaration import described
from server.identity.access import ANYONE
from server.service import Resource, Service
from storage.describe import describe_all
from storage.encryption.cipher import Cipher, KeyLost
from storage.encryption.field_seals import FieldSeals, field_seals
from storage.encryption.sealing_keys import KeysUnfit, new_key_text, read_keys
from storage.mistakes import Misdeclared
from storage.model import Encrypted, Indexed, Model, Reference, Unique

OLD, NEW = "old:" + base64.b64encode(b"o" * 32).decode(), "new:" + base64.b64encode(b"n" * 32).decode()
PLACE = "patient.iban"


class Patient(Model):
    iban: Annotated[str, Encrypted()]
    note: str = ""


class Visit(Model):
    patient_id: Annotated[UUID | None, Reference(Patient)] = None
    note: Annotated[str | None, Encrypted()] = None


def cipher(*texts: str) -> Cipher:
    return Cipher(read_keys(",".join(texts)))


def seals(model: type[Model]) -> FieldSeals:
    types = {one.name: one for one in describe_all([Patient, Visit]).values()}
    made = field_seals(types[model.__name__], cipher(NEW), types=types)
    assert made is not None
    return made


@pytest.mark.parametrize("text", ["", "CH93 0076", 'größe 🎈\n"quoted" \\', "x" * 10_000])
def test_a_text_comes_back_as_it_was(text: str) -> None:
    sealed = cipher(NEW).seal(text, place=PLACE)

    assert sealed.startswith("mainstay:1:new:")
    assert len(text) < 4 or text not in sealed
    assert cipher(NEW, OLD).open(sealed, place=PLACE) == text


def test_the_same_text_looks_different_each_time() -> None:
    assert len({cipher(NEW).seal("same", place=PLACE) for _ in range(10)}) == 10


def test_what_is_changed_or_moved_does_not_open() -> None:
    sealed = cipher(NEW).seal("CH93", place=PLACE)
    flipped = sealed[:-6] + ("A" if sealed[-6] != "A" else "B") + sealed[-5:]

    assert cipher(NEW).open(flipped, place=PLACE) is None
    assert cipher(NEW).open(sealed, place="patient.note") is None
    assert cipher(NEW).open("plain text", place=PLACE) is None
    assert cipher(NEW).open("mainstay:1:new:AAAA", place=PLACE) is None


def test_every_key_opens_and_the_first_one_seals() -> None:
    sealed = cipher(OLD).seal("CH93", place=PLACE)

    assert cipher(NEW, OLD).open(sealed, place=PLACE) == "CH93"
    assert cipher(NEW, OLD).current == "new"
    with pytest.raises(KeyLost, match="there is no key old"):
        cipher(NEW).open(sealed, place=PLACE)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("AAAA", "key 1 has no name"),
        ("a:AAAA", "key a has 3 bytes and not 32"),
        ("a:$$$", "key a is not base64"),
        (f"{NEW},{NEW}", "two keys are called new"),
        (f"{NEW} ,\n {OLD.upper()}", "key 2 has no name"),
    ],
)
def test_what_is_no_key_is_told_without_it(text: str, told: str) -> None:
    with pytest.raises(KeysUnfit, match=told) as raised:
        read_keys(text)

    assert "AAAA" not in str(raised.value)


def test_a_new_key_is_one() -> None:
    assert len(read_keys(f"{new_key_text()},{OLD}")) == 2


def test_only_encrypted_fields_are_sealed() -> None:
    sealed = seals(Patient).sealed({"iban": "CH93", "note": "CH93", "id": 7})

    assert (sealed["note"], sealed["id"]) == ("CH93", 7)
    assert str(sealed["iban"]).startswith("mainstay:1:new:")


def test_a_document_opens_with_the_rest_byte_for_byte() -> None:
    sealed = cipher(NEW).seal('größe "7"', place=PLACE)
    document = b'{"id":1,"iban":"%b","price":1.50,"note":"x"}' % sealed.encode()

    opened = seals(Patient).opened(document)

    assert opened == b'{"id":1,"iban":"gr\xc3\xb6\xc3\x9fe \\"7\\"","price":1.50,"note":"x"}'


def test_what_a_record_expands_opens_too() -> None:
    iban = cipher(NEW).seal("CH93", place=PLACE)
    note = cipher(NEW).seal("cough", place="visit.note")
    document = orjson.dumps({"note": note, "patient": {"iban": iban, "note": "x"}})

    assert orjson.loads(seals(Visit).opened(document)) == {"note": "cough", "patient": {"iban": "CH93", "note": "x"}}


def test_nobody_has_a_text_opened_by_writing_it_elsewhere() -> None:
    stolen = cipher(NEW).seal("CH93", place=PLACE)
    document = orjson.dumps({"note": stolen, "iban": "x", "other": f'"iban":"{stolen}"'})

    assert seals(Patient).opened(document) == document


def test_a_type_without_encrypted_fields_has_no_seals() -> None:
    class Plain(Model):
        note: str

    types = {one.name: one for one in describe_all([Plain]).values()}

    assert field_seals(types["Plain"], None, types=types) is None


@pytest.mark.parametrize(
    ("annotation", "told"),
    [
        (Annotated[int, Encrypted()], "only a text can be Encrypted"),
        (Annotated[str, Encrypted(), Unique()], "it can be no Unique"),
        (Annotated[str, Encrypted(), Indexed()], "it can be no Indexed"),
    ],
)
def test_what_cannot_be_encrypted_is_told(annotation: object, told: str) -> None:
    model = type("Thing", (Model,), {"__annotations__": {"field": annotation}, "__module__": __name__})

    with pytest.raises(Misdeclared, match=told):
        described(Service(name="some", resources=[Resource(model, "/things", access=ANYONE)]))
