"""A pooler that shares sessions among connections is found out, whichever it gives to whom."""

from collections.abc import Sequence

import pytest

from middleware.errors import Unavailable
from storage.postgres.own_sessions import SessionsShared, require_own_sessions

Rows = list[tuple[object, ...]]
SOON = 10.0


class ScriptedPooler:
    """Servers that know what was prepared on them; `deals` says which each statement outside a transaction meets."""

    def __init__(self, deals: Sequence[int]) -> None:
        self.deals = list(deals)
        self.prepared: list[set[str]] = [set(), set()]
        self.said: list[str] = []

    def connection(self, server: int | None = None) -> "ScriptedSession":
        """One that always meets the same server, or the next that is dealt out."""
        return ScriptedSession(self, server)


class ScriptedSession:
    """A connection through it."""

    def __init__(self, pooler: ScriptedPooler, own: int | None) -> None:
        self._pooler = pooler
        self._own = own
        self._kept: int | None = None

    async def execute(self, script: str, *, writes: bool = True) -> Rows:
        """Do as Postgres would."""
        assert writes
        server = self._kept if self._kept is not None else self._own
        server = self._pooler.deals.pop(0) if server is None else server
        words = script.split()
        word, name = words[0], words[-1].strip("'")
        prepared = self._pooler.prepared[server]
        self._pooler.said.append(word)
        match word:
            case "PREPARE":
                prepared.add(script.split()[1])
            case "DEALLOCATE":
                prepared.remove(name)
            case "BEGIN;":
                self._kept = server
            case "ROLLBACK":
                self._kept = None
        return [()] * (name in prepared) if "SELECT" in script and word != "PREPARE" else []


async def test_two_connections_with_a_session_each_pass_and_leave_nothing_behind() -> None:
    pooler = ScriptedPooler([])

    await require_own_sessions(pooler.connection(0), pooler.connection(1), within_seconds=SOON)

    assert pooler.prepared == [set(), set()]


@pytest.mark.parametrize(
    "deals",
    [
        [0, 0],  # the second is given what the first had
        [0, 1, 1],  # the first is given another
        [0, 1, 0, 0],  # not in the first look
    ],
)
async def test_sessions_that_go_from_one_to_the_other_are_refused(deals: Sequence[int]) -> None:
    pooler = ScriptedPooler(deals)

    with pytest.raises(Unavailable) as refused:
        await require_own_sessions(pooler.connection(), pooler.connection(), within_seconds=SOON)

    assert isinstance(refused.value.__cause__, SessionsShared)
    assert pooler.said[-1] == "ROLLBACK"
