"""A person's account is shown with the rest of their data, and erased with it."""

import orjson

from tests.acceptance.club import ADA, CLUBHOUSE, Club
from tests.acceptance.service_process import mainstay
from tests.integration.sql import ask

PROMISED_SECONDS = 1.0


async def test_an_account_is_shown_then_erased_and_its_sessions_end_everywhere(clubhouse: Club, database: str) -> None:
    tokens = await clubhouse.ada()
    await clubhouse.until_everywhere(tokens["access_token"], 200)
    listed = await clubhouse.account("list")
    subject = next(line for line in listed.output.splitlines() if ADA["name"] in line).split()[-1]

    async def command(*words: str) -> tuple[int, str, str]:
        told = ("subject", words[0], str(CLUBHOUSE), subject, *words[1:])
        finished = await mainstay(*told, data_dir=clubhouse.folder, **clubhouse.settings)
        return finished.code, finished.output, finished.errors

    shown, plan = await command("export"), await command("erase")
    erased = await command("erase", "--apply")
    seconds = await clubhouse.until_everywhere(tokens["access_token"], 401)
    again = await command("erase")

    account = orjson.loads(shown[1])["account"]
    assert (account["name"], account["roles"], len(account["sessions"])) == (ADA["name"], ["member"], 1)
    assert "the account: its name, password and roles erased" in plan[2]
    assert (erased[0], "Erased: the account." in erased[2]) == (0, True)
    assert seconds <= PROMISED_SECONDS
    assert "There is nothing of account:" in again[2]
    assert (await clubhouse.replicas[0]("POST", "/identity/sign-in", ADA)).status == 401
    kept = await ask(database, "SELECT row_to_json(account)::text FROM mainstay_internal.account")
    assert ADA["name"] not in str(kept)
