"""What may be declared of other sites' pages, and that they can read every header the API documents."""

from typing import Any

import pytest

from middleware.inbound.cors import EXPOSED_HEADERS, Cors, Origins
from server.declaration import checked
from server.identity.access import ANYONE
from server.openapi.response_headers import header_components
from server.service import Resource, Service
from storage.mistakes import Misdeclared
from storage.model import Model

READABLE_ANYWAY = {"Cache-Control", "Content-Type"}
"""Of the Fetch standard's CORS-safelisted response headers those we send."""


class Note(Model):
    text: str


def shop(cors: Any) -> Service:
    return Service(name="shop", resources=[Resource(Note, path="/notes", access=ANYONE)], cors=cors)


def mistakes(cors: Any) -> list[str]:
    with pytest.raises(Misdeclared) as caught:
        checked(shop(cors))
    return [one.detail for one in caught.value.mistakes]


@pytest.mark.parametrize(
    "origin",
    [
        "https://app.example.com",
        "https://app.example.com:8443",
        "https://*.example.com",
        "http://localhost:3000",
        "http://localhost:*",
        "http://127.0.0.1:*",
        "http://[::1]:*",
        "capacitor://localhost",
        "*",
    ],
)
def test_an_origin_as_browsers_send_it_may_be_declared(origin: str) -> None:
    assert checked(shop(Cors(origins=[origin]))).service.cors == Cors(origins=[origin])


NO_ORIGIN = "is no origin as browsers send it"


@pytest.mark.parametrize(
    ("origin", "said"),
    [
        ("", NO_ORIGIN),
        ("app.example.com", NO_ORIGIN),
        ("https://app.example.com/", NO_ORIGIN),
        ("https://app.example.com/page", NO_ORIGIN),
        ("https://me@app.example.com", NO_ORIGIN),
        ("https://app.example.com?x", NO_ORIGIN),
        ("https://App.example.com", NO_ORIGIN),
        ("https://größe.example", NO_ORIGIN),
        ("https://a.*.example.com", NO_ORIGIN),
        ("https://app*.example.com", NO_ORIGIN),
        ("https://*", NO_ORIGIN),
        ("*://app.example.com", NO_ORIGIN),
        ("https://app.example.com ", NO_ORIGIN),
        ("https://[evil]", NO_ORIGIN),
        ("null", "is what every sandboxed frame"),
        ("https://app.example.com:443", "leave :443 out"),
        ("http://app.example.com:80", "leave :80 out"),
        ("https://app.example.com:*", "for localhost and loopback addresses only"),
        ("https://*.com", "admits every site below a top-level domain"),
    ],
)
def test_a_nonsense_origin_is_refused_with_the_reason(origin: str, said: str) -> None:
    (told,) = mistakes(Cors(origins=[origin]))

    assert told.startswith(f"{origin!r} ")
    assert said in told


@pytest.mark.parametrize(
    ("cors", "said"),
    [
        ("https://app.example.com", 'cors is Cors(origins=["https://app.example.com"])'),
        (Cors(origins=[]), "admits nobody"),
        (Cors(origins="https://app.example.com"), "origins is a list of texts"),
        (Cors(origins=["*", "https://app.example.com"]), "no other origin need be named"),
        (Cors(origins=["*"], headers=["X A"]), "'X A' is no name of a header"),
        (Cors(origins=["*"], exposes=["*"]), "'*' is no name of a header"),
        (Cors(origins=["*"], max_age_seconds=-1), "max_age_seconds is a whole number"),
    ],
)
def test_what_makes_no_sense_is_refused(cors: Any, said: str) -> None:
    (told,) = mistakes(cors)

    assert said in told


def test_all_mistakes_are_told_at_once() -> None:
    assert len(mistakes(Cors(origins=["null", "x"], headers=["a b"], max_age_seconds=-1))) == 4


@pytest.mark.parametrize(
    ("declared", "origin", "is_admitted"),
    [
        ("http://localhost:*", "http://localhost:3000", True),
        ("http://localhost:*", "http://localhost", False),
        ("http://[::1]:*", "http://[::1]:80", True),
        ("https://*.example.com", "https://a.example.com", True),
        ("https://*.example.com", "https://example.com", False),
        ("https://a.example.com", "https://axexample.com", False),
        ("https://a.example.com", "https://a.example.com\n", False),
        ("*", "null", True),
    ],
)
def test_a_pattern_admits_no_more_than_it_says(declared: str, origin: str, is_admitted: bool) -> None:
    assert Origins(Cors(origins=[declared])).admit(origin) is is_admitted


def test_pages_can_read_every_header_the_api_documents() -> None:
    assert set(header_components()) - READABLE_ANYWAY - set(EXPOSED_HEADERS) == set()
