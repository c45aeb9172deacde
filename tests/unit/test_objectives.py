"""What a service may promise, and what of its requests each promise is about."""

from typing import Any

import pytest
from aiohttp import web

from server.declaration import checked
from server.declared_slis import slis_of
from server.identity.access import ANYONE
from server.openapi import openapi_document
from server.service import Resource, Route, Service
from storage.mistakes import Misdeclared
from storage.model import Model
from telemetry.catalogue.request_rows import REQUEST_BUCKETS_SECONDS
from telemetry.objectives import BURN_RATES, Availability, Latency, Sli, can_fire


class Good(Model):
    name: str


async def sell(request: web.Request) -> None:
    raise web.HTTPNotImplemented


GOODS = Resource(Good, "/goods", read=ANYONE, objectives=[Availability(0.99)])
SALE = Route("POST", "/goods/{id}/sell", sell, access=ANYONE, objectives=[Latency(0.95, under_seconds=1)])
SHOP = Service(
    name="shop",
    resources=[GOODS],
    routes=[SALE],
    objectives=[Availability(0.999), Latency(0.99, under_seconds=0.25)],
)
READS = (("GET", "/goods"), ("HEAD", "/goods"), ("GET", "/goods/{id}"), ("HEAD", "/goods/{id}"))
SELLING = (("POST", "/goods/{id}/sell"),)


def slis(service: Service) -> tuple[Sli, ...]:
    declaration = checked(service)
    return slis_of(declaration.service, declaration.types)


def nothing_could_page(budget: str, share: str) -> str:
    return (
        f"nothing could page: that is for when 14.4 times the budget of {budget} fails, {share} of all requests; "
        "a target above 0.9306 leaves room for it"
    )


def mistakes(*objectives: Any, **parts: Any) -> list[str]:
    with pytest.raises(Misdeclared) as caught:
        checked(Service(**{"name": "shop", "resources": [GOODS], "objectives": objectives, **parts}))
    return [f"{one.where}: {one.detail}" for one in caught.value.mistakes]


def test_each_objective_has_a_name_and_the_addresses_it_is_about() -> None:
    assert slis(SHOP) == (
        Sli(name="availability", about="", objective=Availability(0.999), covers=READS + SELLING),
        Sli(name="latency", about="", objective=Latency(0.99, under_seconds=0.25), covers=READS + SELLING),
        Sli(name="goods_availability", about="/goods", objective=Availability(0.99), covers=READS),
        Sli(
            name="post_goods_id_sell_latency",
            about="POST /goods/{id}/sell",
            objective=Latency(0.95, under_seconds=1),
            covers=SELLING,
        ),
    )


def test_what_is_promised_is_read_off_its_sli() -> None:
    availability, latency, *_ = slis(SHOP)

    assert (availability.kind, availability.target, availability.budget) == ("availability", 0.999, 0.001)
    assert (latency.kind, latency.target, latency.budget) == ("latency", 0.99, 0.01)
    assert (availability.under_seconds, latency.under_seconds) == (None, 0.25)


def test_a_service_that_promises_nothing_counts_nothing() -> None:
    assert slis(Service(name="shop", resources=[Resource(Good, "/goods", access=ANYONE)])) == ()


def test_every_bucket_of_the_request_histogram_is_a_threshold() -> None:
    for bound in REQUEST_BUCKETS_SECONDS:
        checked(Service(name="shop", resources=[GOODS], objectives=[Latency(0.99, under_seconds=bound)]))


@pytest.mark.parametrize(
    ("target", "detail"),
    [
        (0.9, nothing_could_page("0.1", "1.44")),
        (99.9, "a target is a share and no percentage: 0.999"),
        (1, "a target is above 0 and below 1: at 1, the first failure ever breaks it"),
        (0, "a target is above 0 and below 1: at 1, the first failure ever breaks it"),
        (-0.5, "a target is above 0 and below 1: at 1, the first failure ever breaks it"),
        (True, "a target is a share such as 0.999, not True"),
        ("0.999", "a target is a share such as 0.999, not '0.999'"),
    ],
)  # fmt: skip
def test_an_impossible_target_is_refused_with_its_reason(target: Any, detail: str) -> None:
    assert mistakes(Availability(target)) == [f"Service 'shop': {Availability(target)}: {detail}"]


def test_a_target_that_leaves_nothing_to_page_at_is_the_first_to_be_refused() -> None:
    assert (can_fire(0.93), can_fire(0.931)) == (False, True)


@pytest.mark.parametrize(
    ("under_seconds", "nearest"),
    [(0.3, "0.25 or 0.5"), (0.0001, "0.001"), (60, "10"), (float("inf"), "10")],
)
def test_a_threshold_that_is_no_bucket_is_refused_with_the_nearest(under_seconds: float, nearest: str) -> None:
    latency = Latency(0.99, under_seconds=under_seconds)

    detail = f"under_seconds is a bucket of the request histogram, so that it can be seen there: {nearest}"
    assert mistakes(latency) == [f"Service 'shop': {latency}: {detail}"]


def test_everything_wrong_with_objectives_is_told_at_once() -> None:
    route = Route("POST", "/goods/sell", sell, access=ANYONE, objectives=[Latency(0.5, under_seconds="1")])  # type: ignore[arg-type]  # what the test is about
    twice = "Availability is promised of the same requests already: keep the one you mean"
    doubled = [Availability(0.99), Availability(0.999)]

    assert mistakes(
        0.999,
        resources=[Resource(Good, "/goods", read=ANYONE, objectives=doubled)],
        routes=[route, Route("GET", "/x", sell, access=ANYONE, objectives=Availability(0.99))],  # type: ignore[arg-type]  # as above
    ) == [
        "Service 'shop': objectives holds 0.999, which is neither Availability(…) nor Latency(…)",
        f"Resource(Good, path='/goods'): {doubled[1]}: {twice}",
        f"Route(POST /goods/sell): {route.objectives[0]}: {nothing_could_page('0.5', '7.2')}",
        f"Route(POST /goods/sell): {route.objectives[0]}: under_seconds is a number such as 0.25, not '1'",
        "Route(GET /x): objectives is a list, as [Availability(0.999), Latency(0.99, under_seconds=0.25)]",
    ]


def test_two_objectives_that_would_be_counted_under_one_name_are_refused() -> None:
    twins = [Resource(Good, path, read=ANYONE, objectives=[Availability(0.99)]) for path in ("/a-b", "/a_b")]

    detail = "two objectives would be counted as a_b_availability: their paths have the same words; keep one of them"
    assert mistakes(resources=twins) == [f"Service 'shop': {detail}"]


def test_the_document_says_what_is_promised_where_it_is_promised() -> None:
    declaration = checked(SHOP)
    document: Any = openapi_document(declaration.service, declaration.types)

    assert document["x-slo"] == [
        {"sli": "availability", "kind": "availability", "target": 0.999, "window_days": 30},
        {"sli": "latency", "kind": "latency", "target": 0.99, "under_seconds": 0.25, "window_days": 30},
    ]
    assert {
        f"{method} {path}": [one["sli"] for one in operation["x-slo"]]
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if "x-slo" in operation
    } == {
        "get /goods": ["goods_availability"],
        "get /goods/{id}": ["goods_availability"],
        "post /goods/{id}/sell": ["post_goods_id_sell_latency"],
    }


def test_the_document_of_a_service_that_promises_nothing_says_nothing_of_it() -> None:
    declaration = checked(Service(name="shop", resources=[Resource(Good, "/goods", access=ANYONE)]))

    assert "x-slo" not in str(openapi_document(declaration.service, declaration.types))


def test_every_burn_rate_is_confirmed_by_a_twelfth_of_its_window() -> None:
    assert [rate.long_seconds / rate.short_seconds for rate in BURN_RATES] == [12, 12, 12, 12]


def test_the_burn_rates_spend_the_shares_of_the_budget_the_workbook_gives() -> None:
    spent = [rate.factor * rate.long_seconds / (30 * 86_400) for rate in BURN_RATES]

    assert spent == pytest.approx([0.02, 0.05, 0.1, 0.1])
