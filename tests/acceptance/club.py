"""Three replicas of a service that has accounts, over one Postgres and one Valkey."""

import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from tests.acceptance.http_pages import Answer, Api
from tests.acceptance.service_process import Finished, ServiceProcess, mainstay
from tests.patience import until_told

CLUBHOUSE = Path(__file__).with_name("clubhouse.py")
SECRET = "a secret of the acceptance tests, 45 letters"  # noqa: S105 - it guards nothing
ADA = {"name": "ada@example.org", "password": "difference engine no. 2"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Club:
    """Replicas over one Postgres and one Valkey."""

    replicas: tuple[Api, ...]
    running: tuple[ServiceProcess, ...]
    valkey_pid: int
    settings: dict[str, str]
    folder: Path

    async def account(self, *words: str, password: str = "") -> Finished:
        """Run `mainstay account` with the replicas' settings."""
        return await mainstay("account", *words, data_dir=self.folder, typed=password, **self.settings)

    async def ada(self, number: int = 0) -> Any:
        """Ada, signed in at a replica."""
        signed_in = await self.replicas[number]("POST", "/identity/sign-in", ADA)
        assert signed_in.status == 200, signed_in.body
        return signed_in.body

    async def refreshed(self, number: int, token: str) -> Answer:
        return await self.replicas[number]("POST", "/identity/refresh", {"refresh_token": token})

    async def published(self, number: int) -> Any:
        """The keys that a replica says sessions are signed with."""
        return (await self.replicas[number]("GET", "/identity/jwks.json")).body["keys"]

    async def answers(self, number: int, access_token: str) -> int:
        """What one replica answers to whoever has this token."""
        bearer = {"Authorization": f"Bearer {access_token}"}
        return (await self.replicas[number]("GET", "/letters?limit=1", **bearer)).status

    async def everywhere(self, access_token: str) -> list[int]:
        return [await self.answers(number, access_token) for number in range(len(self.replicas))]

    async def _does_answer(self, number: int, access_token: str, *, status: int) -> bool:
        return await self.answers(number, access_token) == status

    async def until_everywhere(self, access_token: str, status: int) -> float:
        """Wait until each replica answers so; how long that took.

        Each is left alone once it does: an address that fails too often is no longer heard.
        """
        began = time.monotonic()
        for number in range(len(self.replicas)):
            await until_told(partial(self._does_answer, number, access_token, status=status))
        return time.monotonic() - began
