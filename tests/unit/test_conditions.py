"""Entity tags in headers: lists of them, weak ones, anything at all, and what is none."""

import pytest
from multidict import CIMultiDict, CIMultiDictProxy

from middleware.errors import Malformed, PreconditionFailed
from server.requests.conditions import Tags, creates_only, if_match, if_none_match, refuse_if_none_match


def headers(*pairs: tuple[str, str]) -> CIMultiDictProxy[str]:
    return CIMultiDictProxy(CIMultiDict(pairs))


@pytest.mark.parametrize(
    ("text", "strong", "weak"),
    [
        ('"a"', ("a",), ("a",)),
        ('"a", "b"', ("a", "b"), ("a", "b")),
        ('W/"a","b"', ("b",), ("a", "b")),
        (',, "a" ,\t"b",', ("a", "b"), ("a", "b")),
        ('"a,b", "c d"'.replace(" d", "d"), ("a,b", "cd"), ("a,b", "cd")),
        ('""', ("",), ("",)),
        ('"é!#~"', ("é!#~",), ("é!#~",)),
    ],
)
def test_tags_are_read_as_a_list(text: str, strong: tuple[str, ...], weak: tuple[str, ...]) -> None:
    assert if_match(headers(("If-Match", text))) == Tags(strong)
    assert if_none_match(headers(("If-None-Match", text))) == Tags(weak)


def test_several_lines_are_one_list() -> None:
    assert if_match(headers(("If-Match", '"a"'), ("if-match", '"b"'))) == Tags(("a", "b"))


def test_a_star_is_any_tag() -> None:
    assert if_match(headers(("If-Match", " * "))) == Tags((), any=True)


def test_without_the_header_nothing_is_expected() -> None:
    assert (if_match(headers()), if_none_match(headers()), creates_only(headers())) == (None, None, False)


@pytest.mark.parametrize(
    "text", ["", " ", ",", "a", '"a', 'a"', '"a" "b"', '*,"a"', "*,*", '"a"x', 'w/"a"', '"a b"', '"\x7f"', "'a'"]
)
def test_what_is_no_tag_is_refused(text: str) -> None:
    with pytest.raises(Malformed) as caught:
        if_match(headers(("If-Match", text)))

    assert [(fault.header, fault.code) for fault in caught.value.faults] == [("If-Match", "entity_tag_invalid")]


def test_an_unexpected_tag_fails_with_the_current_one() -> None:
    with pytest.raises(PreconditionFailed) as caught:
        Tags(("a",)).expected("b")

    assert caught.value.headers == {"Etag": '"b"'}
    assert [Tags(("a", "b")).expected("b"), Tags((), any=True).expected("b")] == ["b", "b"]


def test_a_put_may_only_create_where_there_is_nothing() -> None:
    assert creates_only(headers(("If-None-Match", "*")))
    for wrong in ([("If-None-Match", '"a"')], [("If-None-Match", "*"), ("If-Match", '"a"')]):
        with pytest.raises(Malformed):
            creates_only(headers(*wrong))


def test_a_change_does_not_take_if_none_match() -> None:
    refuse_if_none_match(headers(("If-Match", '"a"')))
    with pytest.raises(Malformed):
        refuse_if_none_match(headers(("If-None-Match", "*")))
