"""Accounts as an operator manages them, while three replicas run."""

from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.club import ADA, CLUBHOUSE, Club
from tests.acceptance.service_process import mainstay
from tests.patience import until_told

PROMISED_SECONDS = 1.0
WEAK = "password1234"
GRACE = {"name": "grace@example.org", "password": "nanoseconds of wire"}


async def roles(clubhouse: Club, tokens: Any) -> str:
    """What the service says of who calls."""
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    async with clubhouse.replicas[0].session.get("/me", headers=bearer) as answer:
        return await answer.text()


async def test_an_account_is_made_with_a_password_that_comes_in(clubhouse: Club) -> None:
    made = await clubhouse.account("create", GRACE["name"], "--role", "staff", password=GRACE["password"] + "\n")
    again = await clubhouse.account("create", GRACE["name"], password=GRACE["password"])
    weak = await clubhouse.account("create", "bob@example.org", password=WEAK)
    short = await clubhouse.account("create", "bob@example.org", password=WEAK[:1])
    no_role = await clubhouse.account("create", "bob@example.org", "--role", "a b", password=GRACE["password"])

    tokens = (await clubhouse.replicas[1]("POST", "/identity/sign-in", GRACE)).body
    listed = await clubhouse.account("list")

    assert (made.code, made.errors.strip(), await roles(clubhouse, tokens)) == (0, f"Made {GRACE['name']}.", "staff")
    assert [finished.code for finished in (again, weak, short, no_role)] == [2] * 4
    assert "It is easily guessed" in weak.errors
    assert [line.split()[:2] for line in listed.output.splitlines()[1:]] == [
        [ADA["name"], "member"],
        [GRACE["name"], "staff"],
    ]


async def test_other_roles_sign_out_and_are_those_of_the_next_session(clubhouse: Club) -> None:
    tokens = await clubhouse.ada()
    await clubhouse.until_everywhere(tokens["access_token"], 200)

    granted = await clubhouse.account("grant", "ADA@example.org", "--role", "staff")
    seconds = await clubhouse.until_everywhere(tokens["access_token"], 401)
    later = await roles(clubhouse, await clubhouse.ada())
    left = await clubhouse.account("grant", ADA["name"], "--no-roles")

    assert (granted.code, granted.errors.strip()) == (0, "ada@example.org: staff. 1 session ended.")
    assert seconds <= PROMISED_SECONDS
    assert later == "staff"
    assert (left.code, left.errors.strip()) == (0, "ada@example.org: no roles. 1 session ended.")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--role", "membr", "--service", str(CLUBHOUSE)), "knows no role 'membr': did you mean member?"),
        ((), "say which roles it is to have, or --no-roles"),
        (("--role", "member", "--no-roles"), "say which roles it is to have, or --no-roles"),
    ],
)
async def test_a_grant_that_cannot_be_meant_is_refused(
    data_dir: Path, database: str, words: tuple[str, ...], sentence: str
) -> None:
    finished = await mainstay("account", "grant", ADA["name"], *words, data_dir=data_dir, POSTGRES_DSN=database)

    assert (finished.code, finished.output) == (2, "")
    assert sentence in finished.errors


async def test_a_locked_account_is_out_everywhere_and_unlocked_comes_in_again(clubhouse: Club) -> None:
    tokens = await clubhouse.ada()
    await clubhouse.until_everywhere(tokens["access_token"], 200)

    locked = await clubhouse.account("lock", ADA["name"])
    seconds = await clubhouse.until_everywhere(tokens["access_token"], 401)
    refused = await clubhouse.replicas[2]("POST", "/identity/sign-in", ADA)
    nobody = await clubhouse.account("lock", "nobody@example.org")
    unlocked = await clubhouse.account("unlock", ADA["name"])

    assert (locked.code, refused.status, nobody.code, unlocked.code) == (0, 401, 1, 0)
    assert seconds <= PROMISED_SECONDS
    assert await clubhouse.ada()


async def test_keys_are_rotated_while_tokens_of_before_go_on(clubhouse: Club) -> None:
    tokens = await clubhouse.ada()
    before = await clubhouse.published(1)

    rotated = await clubhouse.account("rotate-keys")
    newer = await clubhouse.ada(2)

    async def has_heard() -> bool:
        return len(await clubhouse.published(1)) > len(before)

    await until_told(has_heard)
    published = await clubhouse.published(1)
    assert (rotated.code, "signs in 10 minutes" in rotated.errors) == (0, True)
    assert [key["kid"] for key in before] == [key["kid"] for key in published[:-1]]
    assert [await clubhouse.everywhere(one["access_token"]) for one in (tokens, newer)] == [[200] * 3] * 2


async def test_keys_that_were_stolen_sign_nothing_more_within_a_second_and_sessions_go_on(clubhouse: Club) -> None:
    tokens = await clubhouse.ada()
    await clubhouse.until_everywhere(tokens["access_token"], 200)

    replaced = await clubhouse.account("rotate-keys", "--now")
    seconds = await clubhouse.until_everywhere(tokens["access_token"], 401)
    refreshed = await clubhouse.refreshed(1, tokens["refresh_token"])

    assert (replaced.code, refreshed.status) == (0, 200)
    assert seconds <= PROMISED_SECONDS
    assert await clubhouse.everywhere(refreshed.body["access_token"]) == [200] * 3
