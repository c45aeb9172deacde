"""Where the keys of encrypted fields come from: a setting, or a file that is made beside the embedded servers."""

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from server.settings import PREFIX, Settings
from storage.encryption.cipher import Cipher
from storage.encryption.key_check import OtherKeys
from storage.encryption.sealing_keys import KeysUnfit, new_key_text, read_keys
from storage.record_type import RecordType

KEYS_FILE = "encryption.keys"
VARIABLE = f"{PREFIX}ENCRYPTION_KEYS"


class EncryptionKeysUnfit(Exception):  # noqa: N818 - it says what is wrong
    """The keys of encrypted fields are missing or cannot be used."""


def cipher_for(types: Iterable[RecordType], settings: Settings) -> Cipher | None:
    """What encrypts the fields of these types; None where none is encrypted. Raises EncryptionKeysUnfit and OSError.

    With the embedded Postgres and no setting, a key is made in the data folder, once: lose it and the data is lost.
    """
    encrypted = [f"{one.name}.{field.name}" for one in types for field in one.fields if field.encrypted]
    if not encrypted:
        return None
    text, where = settings.encryption_keys.get_secret_value(), VARIABLE
    if not text and settings.is_embedded:
        path = settings.data_dir / KEYS_FILE
        text, where = _kept(path), str(path)
    if not text:
        raise EncryptionKeysUnfit(
            f"{', '.join(encrypted)} {'is' if len(encrypted) == 1 else 'are'} Encrypted(), and there is no key.\n"
            f"Make one with `mainstay encryption key`, keep it apart from backups of the database, and give it as "
            f"{VARIABLE}, or as a file: {VARIABLE}_FILE."
        )
    try:
        return Cipher(read_keys(text))
    except KeysUnfit as unfit:
        raise EncryptionKeysUnfit(f"{where}: {unfit}.") from unfit


def other_keys(found: OtherKeys, settings: Settings) -> str:
    """What to say where the database is encrypted with other keys."""
    is_kept = settings.is_embedded and not settings.encryption_keys.get_secret_value()
    where = str(settings.data_dir / KEYS_FILE) if is_kept else VARIABLE
    advice = "Give the missing ones after the first, which encrypts."
    return f"{where}: these are not the keys of this database.\n{found}\n{advice}"


def _kept(path: Path) -> str:
    """The keys in the file, which is made where it is not there; of several that make it the first one wins."""
    if not path.exists():
        draft = path.with_name(f"{path.name}.{os.getpid()}")
        draft.touch(mode=0o600)
        try:
            draft.write_text(f"{new_key_text()}\n")
            with suppress(FileExistsError):
                path.hardlink_to(draft)  # whole, and never over another
        finally:
            draft.unlink()
    return path.read_text()
