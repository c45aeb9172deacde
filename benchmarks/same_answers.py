"""Before anything is measured: do all contestants answer alike?"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import aiohttp

from benchmarks.cases import CASES, Case, product_key
from benchmarks.server_process import ServerProcess
from benchmarks.token import signed_token

_OPAQUE = frozenset({"next"})
"""A cursor's text is its maker's own; whether there is one must agree."""
_ITS_OWN = frozenset({"id", "sku", "created_at", "updated_at"})
"""What two new records cannot share; they must have them, as text."""


class AnswersDiffer(Exception):  # noqa: N818 - it says what is wrong
    """Two contestants answer the same question differently, so their costs cannot be compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is compared of an answer."""

    status: int
    media_type: str
    value: Any


async def require_same_answers(servers: Sequence[ServerProcess]) -> None:
    """Ask each one everything once; raises AnswersDiffer."""
    first, *others = servers
    async with aiohttp.ClientSession() as session:
        for case in CASES:
            expected = await _asked(session, first, case=case)
            for other in others:
                found = await _asked(session, other, case=case)
                require_same(case, expected=expected, found=found, who=other.contestant.name)


def require_same(case: Case, *, expected: Answer, found: Answer, who: str) -> None:
    """Raises AnswersDiffer where they do, or where the status is not the case's."""
    if found.status != case.status or comparable(expected, case) != comparable(found, case):
        raise AnswersDiffer(f"{case.name}: {who} answers {found}, expected was {expected}.")


def comparable(answer: Answer, case: Case) -> Answer:
    """The answer with a stand-in for each value that may differ."""
    value = answer.value
    if isinstance(value, Mapping):
        differing = _OPAQUE | (_ITS_OWN if case.method == "POST" else frozenset())
        value = {name: type(one).__name__ if name in differing else one for name, one in value.items()}
    return Answer(status=answer.status, media_type=answer.media_type, value=value)


async def _asked(session: aiohttp.ClientSession, server: ServerProcess, *, case: Case) -> Answer:
    path = case.path.replace("{key}", product_key(0))
    body = case.body.replace("{unique}", f"SAME-{server.contestant.name.upper().replace('_', '-')}")
    headers = {"Authorization": f"Bearer {signed_token()}"}
    if body:
        headers["Content-Type"] = "application/json"
    async with session.request(case.method, server.url + path, data=body or None, headers=headers) as response:
        text = await response.text()
        status, media_type = response.status, response.content_type
    return Answer(status=status, media_type=media_type, value=json.loads(text, parse_float=str))
