"""The time a refused sign-in takes does not tell whether there is an account of that name.

The hash is made cheap here, so that what differs beside it would show: with the real one it drowns in 20 ms.
"""

import asyncio
import random
import time

from argon2 import PasswordHasher

from server.accounts.account_register import AccountRegister
from server.accounts.password_hashing import PasswordHashing
from storage.credentials.account_table import AccountTable
from storage.migrations.ledger import make_ready
from tests.integration.open_pool import open_pool
from tests.timing import SAMPLES, is_distinguishable, welch

NAMES = {"unknown": "bob@example.org", "wrong": "ada@example.org"}


async def test_an_unknown_account_and_a_wrong_password_cannot_be_told_apart_by_the_time(database: str) -> None:
    await asyncio.to_thread(make_ready, database)
    kinds = ["unknown", "wrong"] * SAMPLES
    random.shuffle(kinds)
    took: dict[str, list[float]] = {"unknown": [], "wrong": []}
    passwords = PasswordHashing(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    async with open_pool(database) as pool:
        register = AccountRegister(AccountTable(pool), passwords)
        assert await register.add(NAMES["wrong"], "difference engine no. 2", roles=())
        for kind in kinds:
            began = time.perf_counter()
            assert await register.recognised(NAMES[kind], "another engine entirely") is None
            took[kind].append(time.perf_counter() - began)
    passwords.close()

    assert not is_distinguishable(took["unknown"], took["wrong"]), welch(took["unknown"], took["wrong"])
