"""`mainstay encryption …`: keys of encrypted fields, and what lies encrypted with an old one encrypted anew."""

import asyncio
import sys
from pathlib import Path

from middleware.errors import Problem
from server.commands.backing import opened_pool, unheard
from server.commands.cache_told import clear_cache
from server.commands.reporting import FAILED, reported, tell
from server.encryption_keys import EncryptionKeysUnfit, cipher_for, other_keys
from server.schema_start import SchemaStart
from server.service_file import checked_file
from server.settings import read_settings
from server.target_database import target_database
from storage.embedded import EmbeddedFailed
from storage.encryption.key_check import OtherKeys, require_keys
from storage.encryption.rotation import Rotation
from storage.encryption.sealing_keys import new_key_text
from storage.migrations.stopped import MigrationStopped
from storage.tables.schema import tables


def run_key() -> int:
    """Print a new key; the exit status."""
    sys.stdout.write(f"{new_key_text()}\n")
    tell("", "Put it before the others in MAINSTAY_ENCRYPTION_KEYS: the first one encrypts, all of them decrypt.")
    return 0


def run_rotate(file: Path) -> int:
    """Encrypt with the first key what lies there otherwise; the exit status."""
    try:
        return reported(lambda: asyncio.run(_rotate(file)))
    except OtherKeys as other:
        tell(other_keys(other, read_settings()))
    except (EmbeddedFailed, EncryptionKeysUnfit, MigrationStopped) as error:
        tell(str(error) or (type(error).__doc__ or ""))
    except Problem as problem:
        tell(problem.detail, *([f"  {problem.__cause__}"] if problem.__cause__ else []))
    return FAILED


async def _rotate(file: Path) -> None:
    declaration, settings = checked_file(file), read_settings()
    types = list(declaration.types.values())
    async with target_database(settings, service=declaration.service.name, observe=unheard) as target:
        cipher = cipher_for(types, settings)
        if cipher is None:
            tell(f"{file}: no field is Encrypted(), so there is nothing to do.")
            return
        never = settings.model_copy(update={"migrate": "never"})
        secret = await SchemaStart(declaration=declaration, settings=never, observe=unheard).run(target.dsn)
        async with opened_pool(target.dsn) as pool:
            await require_keys(types, tables(declaration.types), cipher=cipher, runner=pool)
            rotation = Rotation(types, tables(declaration.types), cipher=cipher)
            for place in rotation.places:
                count = await rotation.rotate(pool, place)
                tell(f"{place.name}: {count:,} encrypted anew with {cipher.current}")
        # What is kept is as it lay in the database, and can no longer be read once the old keys are gone.
        await clear_cache(declaration.service, settings, secret=secret)
