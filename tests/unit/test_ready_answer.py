"""An answer that is made at once is an ordinary one for whoever looks at it."""

import pytest
from aiohttp import web

from middleware.inbound.answer_bytes import AnswerBytes
from middleware.inbound.ready_answer import ReadyAnswer, SharedHeaders, says
from tests.exchanges import exchange_of

HEADERS = {"Content-Type": "application/json", "ETag": '"1"'}


def test_it_is_untouched_until_somebody_looks_and_then_has_what_it_was_given() -> None:
    answer = ReadyAnswer(b"{}", status=201, headers=HEADERS)

    before, found, after = answer.is_untouched, dict(answer.headers), answer.is_untouched

    assert (before, found, after) == (True, HEADERS, False)
    assert (answer.status, answer.reason, answer.body, answer.content_type) == (
        201,
        "Created",
        b"{}",
        "application/json",
    )
    assert isinstance(answer, web.Response)


def test_what_is_changed_of_one_is_not_changed_of_another() -> None:
    one, other = ReadyAnswer(b"{}"), ReadyAnswer(b"{}")

    one.headers["X-Odd"] = "a"

    assert dict(other.headers) == {"Content-Type": "application/json"}


def test_headers_can_be_added_before_anybody_looks_and_after() -> None:
    before, after = ReadyAnswer(b"{}", headers=HEADERS), ReadyAnswer(b"{}", headers=HEADERS)
    _ = after.headers
    for one in (before, after):
        one.add({"ETag": '"2"', "Age": "1"})

    assert [says(one, "Age") for one in (before, after, ReadyAnswer(b"{}"))] == [True, True, False]
    assert dict(before.headers) == dict(after.headers) == {**HEADERS, "ETag": '"2"', "Age": "1"}
    assert HEADERS["ETag"] == '"1"'


def test_what_it_shares_and_its_own_are_its_headers_and_what_is_added_changes_no_other() -> None:
    shared = SharedHeaders({"Content-Type": "text/plain", "Vary": "Accept"})
    one, other = (ReadyAnswer(b"a", headers={"ETag": '"1"'}, shared=shared) for _ in range(2))
    one.add({"Vary": "*"})

    assert [says(one, name) for name in ("Vary", "ETag", "Age")] == [True, True, False]
    assert dict(one.headers) == {"Content-Type": "text/plain", "Vary": "*", "ETag": '"1"'}
    assert dict(other.headers) == {"Content-Type": "text/plain", "Vary": "Accept", "ETag": '"1"'}


async def test_an_opening_that_is_kept_is_of_the_very_same_status_reason_and_names() -> None:
    shared, to_bytes = SharedHeaders({"Vary": "Accept"}), AnswerBytes()
    other_reason = ReadyAnswer(b"", shared=shared)
    other_reason.set_status(200, "Fine")
    answers = [
        ReadyAnswer(b"", shared=shared),
        ReadyAnswer(b"", status=404, shared=shared),
        ReadyAnswer(b"", headers={"Cache-Control": "private"}, shared=shared),
        other_reason,
        ReadyAnswer(b"", shared=shared),
    ]

    sent = [to_bytes(exchange_of("/a"), answer) for answer in answers]

    heads = [b"" if one is None else one[0] for one in sent]
    assert [head.partition(b"\r\n")[0] for head in heads] == [
        b"HTTP/1.1 200 OK",
        b"HTTP/1.1 404 Not Found",
        b"HTTP/1.1 200 OK",
        b"HTTP/1.1 200 Fine",
        b"HTTP/1.1 200 OK",
    ]
    assert [head.count(b"Cache-Control: no-store") for head in heads] == [1, 1, 0, 1, 1]
    assert {head.count(b"Vary: Accept") for head in heads} == {1}


@pytest.mark.parametrize("headers", [{"ETag": "a\r\nX-Odd: b"}, {"ETag": "a\nb"}])
async def test_no_header_of_its_own_ends_a_line(headers: dict[str, str]) -> None:
    answer = ReadyAnswer(b"", headers=headers, shared=SharedHeaders({"Vary": "Accept"}))

    with pytest.raises(ValueError, match=r"(?i)newline|header"):
        AnswerBytes()(exchange_of("/a"), answer)


@pytest.mark.parametrize("shared", [{"Date": "now"}, {"X-Frame-Options": "SAMEORIGIN"}, {"X-Odd": "a body of no kind"}])
async def test_what_aiohttp_has_to_see_to_it_writes(shared: dict[str, str]) -> None:
    answers = [ReadyAnswer(b"{}", shared=SharedHeaders(shared)), ReadyAnswer(b"{}", headers=shared)]

    assert [AnswerBytes()(exchange_of("/a"), answer) for answer in answers] == [None, None]


async def test_what_a_layer_changes_of_it_is_sent() -> None:
    answer, to_bytes = ReadyAnswer(b"{}", headers=HEADERS), AnswerBytes()
    answer.headers["X-Odd"] = "a"
    answer.set_status(202)
    answer.body = b"[]"

    found = to_bytes(exchange_of("/a"), answer)

    assert found is not None
    head, body = found
    assert head.startswith(b"HTTP/1.1 202 Accepted\r\n")
    assert (b"X-Odd: a\r\n" in head, b"Content-Length: 2\r\n" in head, body) == (True, True, b"[]")


async def test_a_cookie_or_another_end_is_aiohttp_s_to_write() -> None:
    with_cookie, last = ReadyAnswer(b"{}"), ReadyAnswer(b"{}")
    with_cookie.set_cookie("a", "b")
    last.force_close()

    assert [AnswerBytes()(exchange_of("/a"), one) for one in (with_cookie, last)] == [None, None]


def test_it_has_no_other_attributes_than_aiohttp_s() -> None:
    with pytest.raises(AttributeError):
        _ = ReadyAnswer(b"{}").nothing_of_the_kind
    answer, theirs = ReadyAnswer(b"{}"), web.Response(body=b"{}", content_type="application/json")
    _ = answer.headers
    assert vars(answer).keys() - {"shared", "own"} == vars(theirs).keys()
