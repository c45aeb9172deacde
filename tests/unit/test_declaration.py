"""A whole declaration: every mistake at once, in the file's own words."""

from math import nan
from typing import Annotated, Any

import pytest
from aiohttp import web
from pydantic import BaseModel

from middleware.outbound.upstream_policy import UpstreamPolicy
from server.declaration import checked
from server.identity.access import ANYONE, OWNER
from server.service import Accounts, Resource, Route, Service, Upstream
from storage.mistakes import Misdeclared
from storage.model import Indexed, Key, Model, Reference


class Shirt(Model):
    name: str
    price: Annotated[int, Indexed()] = 0
    tags: Annotated[list[str], Indexed()] = []
    limit: Annotated[int, Indexed()] = 0


class Good(Model):
    number: Annotated[int, Key()] = 0
    name: Annotated[str, Indexed()] = ""


class Query(BaseModel):
    x: int


NOTHING: Any = "nothing"
WORD: Any = "role"


async def handler(request: web.Request) -> None:
    raise web.HTTPNotImplemented


def no_handler(request: web.Request) -> None:
    raise web.HTTPNotImplemented


def mistakes(**parts: Any) -> list[str]:
    with pytest.raises(Misdeclared) as caught:
        checked(Service(**{"name": "shop", **parts}))
    return [f"{one.where}: {one.detail}" for one in caught.value.mistakes]


def test_a_good_service_is_described() -> None:
    service = Service(
        name="shop",
        resources=[
            Resource(Good, path="/goods", access=OWNER),
            Resource(Good, path="/public/goods-1.0~", read=ANYONE, filterable=["name"], sortable=[]),
        ],
        routes=[
            Route("GET", "/goods/cheapest", handler, returns=list[Good], parameters=Query, access=ANYONE),
            Route(
                "POST",
                "/goods/{number}/sell/{x}",
                handler,
                accepts=Query,
                returns=Good | None,
                access=OWNER,
                status=202,
            ),
            Route("GET", "/pictures/{name}", handler, returns=web.StreamResponse, access=ANYONE),
        ],
        upstreams=[Upstream("payments", base_url_env="PAYMENTS_URL")],
    )

    declaration = checked(service)

    assert (declaration.service, list(declaration.types)) == (service, [Good])


def test_everything_wrong_with_a_service_is_told_at_once() -> None:
    found = mistakes(
        name="Shop!",
        resources=[
            Resource(Shirt, path="shirts", filterable=["name", "ghost"], sortable=["tags", "price"], cache_seconds=-1),
            Resource(Good, path="/goods/", access="anyone", sortable="name"),  # type: ignore[arg-type]  # what the test is about
            Resource(Good, path="/a/../b", access=ANYONE),
        ],
        routes=[
            Route("BREW", "/x/{id}/{id}", no_handler, accepts=int, status=404),  # type: ignore[arg-type]  # as above
            Route("DELETE", "/y/{Z}", handler, accepts=Query, returns=NOTHING, access=WORD),
        ],
        upstreams=[
            Upstream("Pay", base_url_env="pay"),
            Upstream("a", base_url_env="A"),
            Upstream("a", base_url_env="B"),
            Upstream("redis", base_url_env="MAINSTAY_URL", base_url="ftp://x", bearer_env="t"),
            Upstream("b", base_url_env="B", base_url="http://u:p@b", policy=3),  # type: ignore[arg-type]  # as above
            Upstream("c", base_url_env="C", policy=UpstreamPolicy(reads=1.5, attempts=0, answer_bytes=True)),  # type: ignore[arg-type]  # as above
            Upstream("d", base_url_env="D", policy=UpstreamPolicy(wait_seconds=nan)),
        ],
    )

    resource = "Resource(Shirt, path='shirts')"
    good = "Resource(Good, path='/goods/')"
    brew, delete = "Route(BREW /x/{id}/{id})", "Route(DELETE /y/{Z})"
    name = "a name is lower case: letters, digits, - and _"
    path = "a path begins with / and ends without one: /products"
    assert found == [
        f"Service 'Shop!': {name}",
        f"{resource}: {path}",
        f"{resource}: says nothing of access: give access=, or read= and write=, e.g. read=ANYONE",
        f"{resource}: cache_seconds is a whole number of seconds, 0 or more, not -1",
        f"{resource}: filterable names 'name', which has no index: mark it Indexed()",
        f"{resource}: filterable names 'ghost', which is no field of Shirt",
        f"{resource}: sortable names 'tags', but lists and objects have no order",
        f"{good}: {path}",
        f"{good}: access is an access word such as ANYONE or role('staff'), not 'anyone'",
        f"{good}: sortable is a list of names: sortable=['name']",
        f"Resource(Good, path='/a/../b'): {path}",
        f"{brew}: a method is one of GET, POST, PUT, PATCH, DELETE",
        f"{brew}: its path has {{id}} twice",
        f"{brew}: its handler is not an async def",
        f"{brew}: says nothing of access: give access=, e.g. access=ANYONE",
        f"{brew}: status is that of its success, from 200 to 299",
        f"{brew}: accepts is a pydantic model",
        f"{delete}: a path is like /orders/{{id}}/pay",
        f"{delete}: access is an access word such as ANYONE or role('staff'), not 'role'",
        f"{delete}: a DELETE has no body to accept",
        f"{delete}: returns 'nothing', which is no type that can be answered as JSON",
        f"Upstream('Pay'): {name}",
        "Upstream('Pay'): base_url_env names an environment variable, e.g. PAYMENTS_URL",
        "Upstream('a'): there are two of this name",
        "Upstream('redis'): this is the name of a database of Mainstay's own; take another",
        "Upstream('redis'): base_url_env is MAINSTAY_URL, but MAINSTAY_ is where Mainstay's own settings begin",
        "Upstream('redis'): bearer_env names an environment variable, e.g. PAYMENTS_TOKEN",
        "Upstream('redis'): base_url is no http or https URL; write it as https://payments.example.com/v1",
        "Upstream('b'): base_url has credentials in it; those belong into the environment",
        "Upstream('b'): policy is an UpstreamPolicy(…)",
        "Upstream('c'): policy: attempts is above 0",
        "Upstream('c'): policy: reads is a whole number",
        "Upstream('c'): policy: answer_bytes is a whole number",
        "Upstream('d'): policy: wait_seconds is a number",
    ]


def test_a_filter_may_not_hide_behind_a_parameter_of_every_list() -> None:
    assert mistakes(resources=[Resource(Shirt, path="/shirts", access=ANYONE)]) == [
        "Shirt.limit: cannot be filtered by: limit is a parameter of every list; rename it"
    ]


def test_a_field_called_like_a_parameter_is_fine_where_it_is_not_filtered_by() -> None:
    checked(Service(name="shop", resources=[Resource(Shirt, path="/shirts", access=ANYONE, filterable=["price"])]))


def test_two_things_at_one_address_are_told_once() -> None:
    found = mistakes(
        resources=[
            Resource(Good, path="/goods", access=ANYONE),
            Resource(Good, path="/goods", read=ANYONE),
            Resource(Good, path="/docs/x", access=ANYONE),
        ],
        routes=[
            Route("PATCH", "/goods/{anything}", handler, access=ANYONE),
            Route("GET", "/openapi.json", handler, access=ANYONE),
            Route("GET", "/a/{x}/b", handler, access=ANYONE),
            Route("GET", "/a/{y}/b", handler, access=ANYONE),
            Route("POST", "/a/{y}/b", handler, access=ANYONE),
        ],
    )

    assert found == [
        "Resource(Good, path='/goods'): GET /goods is taken by Resource(Good, path='/goods')",
        "Resource(Good, path='/docs/x'): GET /docs/x is taken by Mainstay itself",
        "Route(PATCH /goods/{anything}): PATCH /goods/{anything} is taken by Resource(Good, path='/goods')",
        "Route(GET /openapi.json): GET /openapi.json is taken by Mainstay itself",
        "Route(GET /a/{y}/b): GET /a/{y}/b is taken by Route(GET /a/{x}/b)",
    ]


def test_a_route_may_do_what_a_resource_leaves_at_its_addresses_once_and_under_the_key_s_name() -> None:
    found = mistakes(
        resources=[Resource(Good, path="/goods", read=ANYONE)],
        routes=[
            Route("POST", "/goods", handler, access=ANYONE),
            Route("DELETE", "/goods/{number}", handler, access=ANYONE),
            Route("POST", "/goods", handler, access=ANYONE),
            Route("PATCH", "/goods/{good}", handler, access=ANYONE),
            Route("GET", "/goods/{number}", handler, access=ANYONE),
        ],
    )

    assert found == [
        "Route(POST /goods): POST /goods is taken by Route(POST /goods)",
        "Route(PATCH /goods/{good}): at an address of a resource it is /goods/{number}",
        "Route(GET /goods/{number}): GET /goods/{number} is taken by Resource(Good, path='/goods')",
    ]


@pytest.mark.parametrize(
    ("parts", "detail"),
    [
        ({}, "declares neither resources nor routes"),
        ({"resources": Resource(Good, path="/goods")}, "resources is a list of Resource(…)"),
        ({"resources": [Good]}, "resources holds <class '{module}.Good'>, which is no Resource(…)"),
        ({"routes": [5]}, "routes holds 5, which is no Route(…)"),
        ({"upstreams": "x"}, "upstreams is a list of Upstream(…)"),
    ],
)
def test_what_is_no_part_of_a_service_is_told(parts: dict[str, Any], detail: str) -> None:
    assert mistakes(**parts) == [f"Service 'shop': {detail.format(module=__name__)}"]


@pytest.mark.parametrize("model", [Model, Query, 5, "Good"])
def test_a_resource_serves_a_model(model: Any) -> None:
    assert mistakes(resources=[Resource(model, path="/x", access=ANYONE)]) == [
        f"Resource({model!r}): its model is a class derived from Model"
    ]


@pytest.mark.parametrize(
    ("accounts", "told"),
    [
        (Accounts(roles=["a b"]), "Accounts: 'a b' is no role: letters, digits, and . _ : - after the first"),
        (Accounts(roles=WORD), "Accounts: roles is a list of roles, as ['member']"),
        (Accounts(roles=["admin"]), "Accounts: whoever signs up would be admin, and could make keys"),
        (
            Accounts(roles=["member"], sign_up=False),
            "Accounts: roles are those of whoever signs up, and nobody does with sign_up=False",
        ),
        (Accounts(access_minutes=61), "Accounts: access_minutes is a whole number from 1 to 60"),
        (Accounts(idle_days=0), "Accounts: idle_days is a whole number from 1 to 365"),
        (Accounts(session_days=400), "Accounts: session_days is a whole number from 1 to 365"),
        (
            Accounts(idle_days=90, session_days=30),
            "Accounts: idle_days is longer than session_days, so no session ends by being quiet",
        ),
        (NOTHING, "Service 'shop': accounts is Accounts(…), not 'nothing'"),
    ],
)
def test_what_accounts_may_not_be(accounts: Accounts, told: str) -> None:
    found = mistakes(resources=[Resource(Good, path="/goods", access=ANYONE)], accounts=accounts)

    assert found == [told]


def test_values_of_another_kind_are_told_with_all_else_that_is_wrong() -> None:
    odd: Any = {"path": None, "filterable": 3, "audited": "yes", "description": 4}
    route: Any = {"status": "y", "timeout_seconds": "x", "summary": 5}

    told = mistakes(
        version=3,
        identity=NOTHING,
        resources=[Resource(Shirt, **odd, access=ANYONE), Resource(Good, "goods", access=ANYONE | NOTHING)],
        routes=[Route("GET", "/x", handler, access=ANYONE, **route)],
        upstreams=[Upstream(**dict.fromkeys(("name", "base_url_env"), NOTHING), base_url=odd["filterable"])],
        accounts=Accounts(roles=["admin"], idle_days=NOTHING),
    )

    assert told == [
        "Service 'shop': version is a text, not 3",
        "Service 'shop': identity is Tokens(…), not 'nothing'",
        "Resource(Shirt, path=None): path is a text, not None",
        "Resource(Shirt, path=None): description is a text, not 4",
        "Resource(Shirt, path=None): filterable is a list of names, not 3",
        "Resource(Shirt, path=None): audited is True or False, not 'yes'",
        "Route(GET /x): summary is a text, not 5",
        "Route(GET /x): status is a status such as 201, not 'y'",
        "Route(GET /x): timeout_seconds is a number of seconds, not 'x'",
        "Upstream('nothing'): base_url is a text, not 3",
        "Accounts: idle_days is a whole number, not 'nothing'",
        "Resource(Good, path='goods'): a path begins with / and ends without one: /products",
        (
            "Resource(Good, path='goods'): access is an access word such as ANYONE or role('staff'), "
            "not AnyOf(words=(Anyone(), 'nothing'))"
        ),
    ]


def test_what_a_reference_names_is_a_model() -> None:
    seven: Any = 7

    class Odd(Model):
        shirt: Annotated[int, Reference(seven)]

    assert mistakes(resources=[Resource(Odd, path="/odd", access=ANYONE)])[0] == (
        "Odd.shirt: Reference(7) names no model: give its class, or its name where it comes later"
    )
