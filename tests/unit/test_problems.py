"""How failures look on the wire."""

import orjson
import pytest
from aiohttp import web

from middleware import errors
from middleware.inbound.problem_document import problem_document, problem_response, problem_type, refusal_response
from telemetry.context import RequestContext
from telemetry.recording import Recording
from telemetry.server_timing import Stages

CONTEXT = RequestContext(
    request_id="r-1",
    trace_id="t-1",
    span_id="s-1",
    sampled=False,
    started_seconds=0.0,
    stages=Stages(),
    recording=Recording(lambda: 0.0),
)
FAULTS = [
    errors.Fault(code="too_small", detail="It must be at least 0.", pointer="/price"),
    errors.Fault(code="unknown", detail="There is no such parameter.", parameter="colour"),
    errors.Fault(code="unreadable", detail="It must be a number.", header="Request-Timeout"),
    errors.Fault(code="not_an_object", detail="It must be an object.", pointer=""),
]


def body_of(response: web.Response) -> dict[str, object]:
    assert isinstance(response.body, bytes)
    document = orjson.loads(response.body)
    assert isinstance(document, dict)
    return document


def test_a_problem_has_all_its_members() -> None:
    assert problem_document(errors.NotFound(), CONTEXT) == {
        "type": "urn:mainstay:problem:not_found",
        "title": "Not found",
        "status": 404,
        "detail": "There is nothing here.",
        "request_id": "r-1",
        "trace_id": "t-1",
        "retryable": False,
    }


@pytest.mark.parametrize("problem", [errors.Elapsed(), errors.OutcomeUnknown()])
def test_what_may_have_been_done_is_sent_again_only_where_that_does_no_more(problem: errors.Problem) -> None:
    documents = [problem_document(problem, CONTEXT, is_repeatable=is_it) for is_it in (True, False)]

    assert [one["retryable"] for one in documents] == [True, False]
    assert "Idempotency-Key" in str(documents[1]["detail"])


def test_all_faults_are_told_at_once_each_with_its_place() -> None:
    document = problem_document(errors.Invalid(faults=FAULTS), CONTEXT)

    assert document["errors"] == [
        {"pointer": "/price", "code": "too_small", "detail": "It must be at least 0."},
        {"parameter": "colour", "code": "unknown", "detail": "There is no such parameter."},
        {"header": "Request-Timeout", "code": "unreadable", "detail": "It must be a number."},
        {"pointer": "", "code": "not_an_object", "detail": "It must be an object."},
    ]


def test_every_kind_has_a_status_a_title_and_a_sentence() -> None:
    kinds = {kind.kind: kind for kind in _kinds(errors.Problem) if kind.__module__ == errors.__name__}

    documents = [problem_document(kind(), CONTEXT) for kind in kinds.values()]

    assert set(kinds) == set(errors.STATUS) == set(errors.TITLE)
    assert [(document["type"], document["status"]) for document in documents] == [
        (problem_type(kind), errors.STATUS[kind]) for kind in kinds
    ]
    assert [document for document in documents if not str(document["detail"]).endswith(".")] == []


def _kinds(kind: type[errors.Problem]) -> list[type[errors.Problem]]:
    return [deeper for direct in kind.__subclasses__() for deeper in (direct, *_kinds(direct))]


@pytest.mark.parametrize(("jitter", "seconds"), [(0.0, "2"), (0.5, "4"), (0.999, "5")])
def test_who_is_turned_away_for_now_is_told_when_to_come_back_and_not_all_at_once(jitter: float, seconds: str) -> None:
    response = problem_response(errors.Unavailable(), CONTEXT, jitter=jitter)

    assert (response.status, response.headers["Retry-After"]) == (503, seconds)


def test_a_problem_that_says_when_to_come_back_is_believed() -> None:
    problem = errors.Overloaded(headers={"Retry-After": "30"})

    assert problem_response(problem, CONTEXT, jitter=0).headers["Retry-After"] == "30"


def test_who_must_say_who_it_is_is_told_how() -> None:
    response = problem_response(errors.Unauthenticated(), CONTEXT, jitter=0)

    assert (response.status, response.headers["WWW-Authenticate"]) == (401, "Bearer")


def test_a_problems_own_headers_go_out_with_it() -> None:
    problem = errors.PreconditionFailed(headers={"ETag": '"7"', "Cache-Control": "private"})

    headers = problem_response(problem, CONTEXT, jitter=0).headers

    assert dict(headers) == {"ETag": '"7"', "Cache-Control": "private", "Content-Type": "application/problem+json"}


def test_a_problem_is_not_stored_by_caches() -> None:
    assert problem_response(errors.NotFound(), CONTEXT, jitter=0).headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("raised", "kind", "detail"),
    [
        (web.HTTPNotFound(), "not_found", "There is nothing here."),
        (web.HTTPNotFound(text="No such order."), "not_found", "No such order."),
        (web.HTTPConflict(reason="Stock is gone"), "conflict", "Stock is gone"),
        (
            web.HTTPBadRequest(text="<p>no</p>", content_type="text/html"),
            "malformed",
            "The request cannot be read.",
        ),
        (web.HTTPUnprocessableEntity(), "invalid", "The request breaks the declared rules."),
        (
            web.HTTPRequestEntityTooLarge(10, 20),
            "too_large",
            "Maximum request body size 10 exceeded.",
        ),
        (web.HTTPServiceUnavailable(), "unavailable", "Something this needs cannot be reached just now."),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, web.HTTPException) else "",
)
def test_what_aiohttp_raises_becomes_a_problem_of_the_taxonomy(
    raised: web.HTTPException, kind: str, detail: str
) -> None:
    response = refusal_response(raised, CONTEXT, jitter=0)
    document = body_of(response)

    assert (response.status, document["type"], document["detail"]) == (raised.status, problem_type(kind), detail)


def test_a_method_not_allowed_says_which_are() -> None:
    response = refusal_response(web.HTTPMethodNotAllowed("PUT", ["GET", "HEAD"]), CONTEXT, jitter=0)

    assert (response.status, response.headers["Allow"], body_of(response)["detail"]) == (
        405,
        "GET,HEAD",
        "This address does not offer that method. It offers GET, HEAD.",
    )


def test_a_status_the_taxonomy_has_no_word_for_keeps_its_own() -> None:
    response = refusal_response(web.HTTPGone(headers={"Link": "</new>"}), CONTEXT, jitter=0)

    assert (response.headers["Link"], body_of(response)) == (
        "</new>",
        {
            "type": "about:blank",
            "title": "Gone",
            "status": 410,
            "detail": "Gone",
            "request_id": "r-1",
            "trace_id": "t-1",
            "retryable": False,
        },
    )


def test_a_callers_words_that_utf_8_cannot_carry_are_escaped() -> None:
    response = problem_response(errors.Invalid("What is \udcff?"), CONTEXT, jitter=0)

    assert body_of(response)["detail"] == "What is \\udcff?"
