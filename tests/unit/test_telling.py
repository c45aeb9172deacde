"""How the end of a request is told without giving its caller away."""

from decimal import Decimal
from typing import Annotated

import pytest
from aiohttp import web
from pydantic import BaseModel, Field

from middleware.errors import Fault, Invalid
from middleware.inbound.principal import Principal
from middleware.inbound.telling import FAILURE, FAULTS_AT_MOST, Telling, network_of, told_faults
from server import ANYONE, Model, Resource, Route, Service
from server.declaration import checked
from server.declared_words import declared_words
from telemetry.events import RequestFinished
from tests.exchanges import exchange_of

ADA = Principal(
    subject="ada@example.org", tenant="acme", roles=frozenset(), credential_id="k-1", credential_kind="api_key"
)
WORDS = frozenset({"author", "tags", "price", "gte"})


async def told(telling: Telling, principal: Principal | None = ADA) -> RequestFinished:
    request = exchange_of("/products")
    request.context.stages.add("validate", 0.25)
    if principal is not None:
        request.is_from(principal)
    request[FAILURE] = Invalid(faults=[Fault(code="missing", detail="secret", pointer="/author")], reason="expired")
    return telling.finished(request, place=("GET", "/products"), status=422, duration_seconds=0.5)


async def test_all_that_is_known_of_a_request_is_told() -> None:
    event = await told(Telling(secret=b"s", words=WORDS, address_of=lambda _: "192.0.2.77"))

    assert (event.method, event.route, event.status, event.duration_seconds) == ("GET", "/products", 422, 0.5)
    assert (event.credential_id, event.network, event.stages) == ("k-1", "192.0.2.0", (("validate", 0.25),))
    assert (event.error_type, event.reason, event.faults) == ("invalid", "expired", ("missing /author",))
    assert len(event.span_id) == 16


async def test_a_subject_and_a_tenant_are_told_by_pseudonyms() -> None:
    one, same = await told(Telling(secret=b"s")), await told(Telling(secret=b"s"))
    other, elsewhere = await told(Telling(secret=b"t")), await told(Telling(secret=b"s"), None)

    assert (len(one.subject), len(one.tenant)) == (16, 16)
    assert (one.subject, one.tenant) == (same.subject, same.tenant)
    assert one.subject != other.subject
    assert (elsewhere.subject, elsewhere.tenant, elsewhere.credential_id) == ("", "", "")
    assert "ada@" not in str(one)
    assert "acme" not in str(one)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.77", "192.0.2.0"),
        ("2001:db8:1:2::/64", "2001:db8:1::"),
        ("2001:db8:1:2:3::4", "2001:db8:1::"),
        ("local", "local"),
    ],
)
def test_an_address_is_told_as_its_network(address: str, network: str) -> None:
    assert network_of(address) == network


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault(code="missing", detail="", pointer="/author"), "missing /author"),
        (Fault(code="model_type", detail="", pointer=""), "model_type "),
        (Fault(code="string_type", detail="", pointer="/tags/12"), "string_type /tags/12"),
        (Fault(code="extra_forbidden", detail="", pointer="/ada@example.org"), "extra_forbidden /*"),
        (Fault(code="string_type", detail="", pointer="/tags/0791234567/x"), "string_type /tags/*/*"),
        (Fault(code="bad_value", detail="", parameter="price[gte]"), "bad_value ?price[gte]"),
        (Fault(code="unknown_operator", detail="", parameter="price[ada]"), "unknown_operator ?price[*]"),
        (Fault(code="unknown_parameter", detail="", parameter="ada.b[c]"), "unknown_parameter ?*.*[*]"),
        (Fault(code="invalid_key", detail="", header="Idempotency-Key"), "invalid_key Idempotency-Key:"),
    ],
)
def test_a_fault_is_told_by_its_code_and_its_place_in_declared_words(fault: Fault, words: str) -> None:
    assert told_faults([fault], WORDS) == (words,)


def test_of_many_faults_the_first_are_told() -> None:
    faults = [Fault(code="missing", detail="", pointer=f"/tags/{index}") for index in range(100)]

    assert len(told_faults(faults, WORDS)) == FAULTS_AT_MOST


class Size(BaseModel):
    """How large it is."""

    width: Annotated[int, Field(alias="breadth")]


class Crate(Model):
    """What things are in."""

    label: str
    sizes: list[Size] = []
    worth: Decimal | None = None


class Wish(BaseModel):
    """What is asked for."""

    colour: str


async def paint(_request: web.Request) -> None:
    """Paint it."""


def test_the_declared_words_are_those_of_models_at_any_depth_of_bodies_paths_and_lists() -> None:
    service = Service(
        name="store",
        resources=[Resource(Crate, "/crates", access=ANYONE)],
        routes=[Route("POST", "/crates/{crate_id}/paint", paint, accepts=Wish, access=ANYONE)],
    )

    words = declared_words(checked(service))

    assert words >= {
        "label",
        "sizes",
        "width",
        "breadth",
        "worth",
        "colour",
        "crate_id",
        "id",
        "version",
        "limit",
        "gte",
    }
    assert "store" not in words
