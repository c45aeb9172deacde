"""What a connection remembers of who calls, and when it is found out anew."""

import pytest

from middleware.errors import Forbidden
from middleware.inbound.authorize import authorize
from middleware.inbound.caller import Acquaintance, Caller
from middleware.inbound.endpoint import Endpoint
from middleware.inbound.principal import Principal
from middleware.inbound.quota import Limit, charge_of
from middleware.inbound.request_plan import Place, place_of
from telemetry.events import AccessDecided, AccessDecision
from tests.exchanges import exchange_of
from tests.recorder import Recorder

MANY = 200
CHARGE = charge_of("read", Limit(1), cost=1)


def principal(*roles: str) -> Principal:
    return Principal(subject="ada", roles=frozenset(roles), credential_id="k-1", credential_kind="api_key")


def place(asked: list[Principal | None]) -> Place:
    """Where staff may go; whom its rule is asked about is written down."""

    def decide(caller: Principal | None) -> AccessDecision:
        asked.append(caller)
        return "admitted" if caller is not None and "staff" in caller.roles else "refused_role"

    async def read_input(_request: object) -> None: ...

    return place_of("GET", Endpoint(template="/a", operation="a.list", decide=decide, read_input=read_input))


async def test_an_access_rule_is_asked_once_about_a_principal_and_told_of_each_request(events: Recorder) -> None:
    asked: list[Principal | None] = []
    check = authorize(events, realm="shop")(place(asked))
    assert check is not None
    acquaintance, ada = Acquaintance(), principal("staff")

    for _ in range(3):
        exchange = exchange_of("/a")
        exchange.acquaintance = acquaintance
        exchange.is_from(ada)
        check(exchange)

    assert (asked, events.events) == ([ada], [AccessDecided(decision="admitted")] * 3)


async def test_what_was_decided_about_a_principal_says_nothing_of_what_its_credential_stands_for_later(
    events: Recorder,
) -> None:
    asked: list[Principal | None] = []
    check = authorize(events, realm="shop")(place(asked))
    assert check is not None
    acquaintance, before, after = Acquaintance(), principal("staff"), principal()
    for one in (before, after):
        exchange = exchange_of("/a")
        exchange.acquaintance = acquaintance
        exchange.is_from(one)
        if one is before:
            check(exchange)

    with pytest.raises(Forbidden):
        check(exchange)

    assert asked == [before, after]


def test_a_caller_who_goes_everywhere_is_remembered_in_few_places() -> None:
    caller = Caller(principal())

    for _ in range(MANY):
        caller.decided(place([]), "admitted")
        caller.charged(place([]), ("key", CHARGE))

    assert max(len(caller.decisions), len(caller.allowances)) < MANY / 2


def test_a_connection_knows_who_called_last_by_the_very_principal() -> None:
    acquaintance, ada, twin = Acquaintance(), principal(), principal()

    callers = [acquaintance.with_principal(one) for one in (ada, ada, twin, ada)]

    assert [one is callers[0] for one in callers] == [True, True, False, False]
