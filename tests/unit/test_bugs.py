"""What is told of a bug: its places in the code, and its words without what a caller sent."""

import json
from collections.abc import Callable

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from middleware.inbound.bugs import DETAILED_A_SECOND, FRAMES_AT_MOST, Bugs, fingerprint_of, told_errors
from telemetry.caught_errors import traceback_of
from telemetry.context import Identifier
from telemetry.events import ExceptionCaught

CONTEXT = Identifier()()


def raised(raising: Callable[[], object]) -> Exception:
    try:
        raising()
    except Exception as error:  # noqa: BLE001 - whatever it is, the test looks at it
        return error
    raise AssertionError("it raised nothing")


def fall() -> None:
    raise LookupError("gone")


def fall_for_a_reason() -> None:
    try:
        fall()
    except LookupError as error:
        raise ValueError("no such thing") from error


def fall_while_falling() -> None:
    try:
        fall()
    except LookupError:
        raise ValueError("worse")  # noqa: B904 - the point of it


def fall_together() -> None:
    raise ExceptionGroup("both", [raised(fall), KeyError("x")])


def fall_endlessly() -> None:
    fall_endlessly()


class Unspeakable(Exception):  # noqa: N818 - it says what it is
    def __str__(self) -> str:
        raise RuntimeError("not even this")


def fall_unspeakably() -> None:
    raise Unspeakable


def asked(
    path: str = "/things", *, method: str = "GET", headers: dict[str, str] | None = None, body: bytes = b""
) -> web.Request:
    parameters = {"id": path.rpartition("/")[2]}
    request = make_mocked_request(method, path, headers=headers or {}, match_info=parameters)
    request._read_bytes = body
    return request


def told(error: Exception, request: web.Request, words: frozenset[str] = frozenset()) -> ExceptionCaught:
    return Bugs(words)(error, CONTEXT, place=("GET", "/things"), request=request)


def test_an_error_has_its_places_the_outermost_first() -> None:
    (error,) = told_errors(raised(fall))

    assert (error.error_type, error.module, error.message, error.standing) == (
        "LookupError",
        "builtins",
        "gone",
        "raised",
    )
    assert [frame.function for frame in error.frames] == ["raised", "fall"]
    assert (error.frames[1].path, error.frames[1].module, error.frames[1].source) == (
        __file__,
        __name__,
        'raise LookupError("gone")',
    )


@pytest.mark.parametrize(
    ("falling", "standings", "between"),
    [
        (fall_for_a_reason, [("LookupError", "cause"), ("ValueError", "raised")], "the direct cause"),
        (fall_while_falling, [("LookupError", "context"), ("ValueError", "raised")], "During handling"),
        (
            fall_together,
            [("KeyError", "member"), ("LookupError", "member"), ("ExceptionGroup", "raised")],
            "one of the group",
        ),
    ],
)
def test_what_stands_behind_an_error_comes_before_it(
    falling: Callable[[], object], standings: list[tuple[str, str]], between: str
) -> None:
    errors = told_errors(raised(falling))

    assert [(error.error_type, error.standing) for error in errors] == standings
    assert between in traceback_of(errors)


def test_of_an_endless_recursion_both_ends_are_told() -> None:
    (error,) = told_errors(raised(fall_endlessly))

    assert (error.error_type, len(error.frames)) == ("RecursionError", FRAMES_AT_MOST)
    assert error.frames[0].function == "raised"


def test_an_error_whose_words_cannot_be_read_is_told_all_the_same() -> None:
    (error,) = told_errors(raised(fall_unspeakably))

    assert error.sentence == f"{__name__}.Unspeakable: (its message cannot be read)"


def test_the_same_kind_of_bug_has_the_same_fingerprint() -> None:
    one, same, other = raised(fall), raised(fall), raised(fall_for_a_reason)

    assert fingerprint_of(one) == fingerprint_of(same) != fingerprint_of(other)


def test_of_one_kind_the_first_in_each_second_has_its_places() -> None:
    seconds = iter([5.0, 5.1, 5.9, 6.0])
    bugs = Bugs(now=lambda: next(seconds))
    events = [bugs(raised(fall), CONTEXT, place=("GET", "/")) for _ in range(4)]

    assert [event.has_places for event in events] == [True, False, False, True]
    assert {event.traceback.splitlines()[-1] for event in events} == {"LookupError: gone"}


def test_of_many_kinds_a_few_each_second_have_their_places() -> None:
    bugs = Bugs(now=lambda: 5.0)
    kinds = [type(f"Bug{number}", (Exception,), {}) for number in range(3 * DETAILED_A_SECOND)]
    events = [bugs(kind(), CONTEXT, place=("GET", "/")) for kind in kinds]

    assert [event.has_places for event in events] == [False] * len(kinds)  # none was raised, so none has a place
    assert len({event.fingerprint for event in events}) == len(kinds)


@pytest.mark.parametrize(
    "request_that_brought_it",
    [
        asked("/things?name=canary1"),
        asked("/things?canary1=7"),
        asked("/things?name=a%20canary1"),
        asked("/things/canary1"),
        asked(headers={"Authorization": "Bearer canary1"}),
        asked(headers={"Cookie": "session=canary1; theme=dark"}),
        asked(headers={"X-Anything": "canary1"}),
        asked(headers={"Idempotency-Key": '"canary1"'}),
        asked(headers={"traceparent": "canary1"}),
        asked(headers={"tracestate": "vendor=canary1"}),
        asked(method="POST", body=json.dumps({"a": [{"b": "canary1"}]}).encode()),
        asked(method="POST", body=b'{"canary1": 1}'),
        asked(method="POST", body=b"name=canary1&x=2"),
        asked(method="POST", body=b'Content-Disposition: form-data; name="canary1"\r\n\r\nx'),
    ],
    ids=lambda request: f"{request.path_qs} {dict(request.headers)} {request._read_bytes}",
)
def test_words_that_a_request_brought_are_left_out(request_that_brought_it: web.Request) -> None:
    event = told(KeyError("canary1 or 'canary1'"), request_that_brought_it)

    assert "canary1" not in event.traceback
    assert "[private]" in event.traceback


def test_numbers_that_a_request_brought_are_left_out() -> None:
    event = told(ValueError("cannot bill 987654.25"), asked(method="POST", body=b'{"debt": 987654.25, "ok": true}'))

    assert event.traceback == "ValueError: cannot bill [private]\n"


def test_declared_words_and_very_short_ones_may_be_repeated() -> None:
    request = asked("/things?sort=name", method="POST", body=b'{"price": 7, "name": "Bo"}')

    event = told(KeyError("price of Bo by name is 7"), request, frozenset({"price", "name", "sort"}))

    assert event.errors[0].message == "'price of Bo by name is 7'"


@pytest.mark.parametrize(
    "body",
    [json.dumps([f"word{number}" for number in range(1_000)]).encode(), b"x" * 100_000],
    ids=["many", "large"],
)
def test_of_a_request_that_brought_too_much_to_look_for_no_words_are_told(body: bytes) -> None:
    event = told(KeyError("canary"), asked(method="POST", body=body))

    assert "canary" not in event.traceback
    assert event.error_type == "KeyError"
