"""Where the secret of accounts comes from: the environment, or a file beside the embedded database."""

import os
import secrets
from contextlib import suppress

from server.accounts.refresh_tokens import AccountSecret
from server.settings import PREFIX, Settings

FILE = "accounts.secret"

_SECRET_BYTES = 32
_OWNER_ALONE = 0o600


class SecretMissing(Exception):  # noqa: N818 - it says what is wrong
    """There is no secret for the accounts."""


def secret_of_accounts(settings: Settings) -> AccountSecret:
    """The secret; the first start over an embedded database makes one.

    Raises SecretMissing where it has to be given: replicas share it, and it may not lie where the database does.
    """
    given = settings.accounts_secret.get_secret_value()
    if given:
        return AccountSecret(given)
    if not settings.is_embedded:
        raise SecretMissing(
            f"{PREFIX}ACCOUNTS_SECRET: the service declares accounts, whose tokens follow from a secret that is not in"
            " the database. Make one with `openssl rand -base64 32` and give the same to every replica."
        )
    file = settings.data_dir / FILE
    with suppress(FileExistsError):
        descriptor = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, _OWNER_ALONE)
        with os.fdopen(descriptor, "w") as made:
            made.write(secrets.token_urlsafe(_SECRET_BYTES))
    return AccountSecret(file.read_text())
