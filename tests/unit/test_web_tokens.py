"""Which tokens are taken, and of what kind each refusal is."""

import hmac
import warnings
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.errors import SecurityWarning
from joserfc.jwk import RSAKey

from middleware.inbound.authenticate import CredentialRefused
from middleware.inbound.principal import Principal
from server.identity.algorithms import ALGORITHMS
from server.identity.key_set import KeySetUnfit, read_key_set
from server.identity.key_sources import FixedKeys
from server.identity.token_claims import ClaimReader
from server.identity.token_reader import LEEWAY_SECONDS, TOKEN_BYTES_AT_MOST, TokenPolicy, TokenReader
from server.identity.verified import Verified
from server.identity.web_tokens import WebTokens
from server.service import Service, Tokens
from tests.web_tokens import (
    AUDIENCE,
    ISSUER,
    Key,
    assembled,
    claims,
    curve,
    edwards,
    encoded,
    public_set,
    rsa,
    secret,
    signed,
)

RSA, CURVE, EDWARDS, SECRET, STRANGER = rsa(), curve(), edwards(), secret(), rsa()
ASYMMETRIC = ("RS256", "PS256", "ES256", "EdDSA", "Ed25519")


def web_tokens(
    *keys: Key, algorithms: tuple[str, ...] = ASYMMETRIC, words: Tokens | None = None, secrets: bool = False
) -> WebTokens:
    policy = TokenPolicy(issuer=ISSUER, audience=AUDIENCE, algorithms=algorithms)
    service = Service(name="shop", identity=words or Tokens(), limit_factors={"staff": 3})
    source = FixedKeys(read_key_set(public_set(*(keys or (RSA, CURVE, EDWARDS))), secrets=secrets))
    return WebTokens(TokenReader(policy), ClaimReader(service), keys=source, verified=Verified())


async def refusal(token: str, tokens: WebTokens | None = None) -> str:
    with pytest.raises(CredentialRefused) as raised:
        await (tokens or web_tokens()).verify(token)
    assert raised.value.method == "jwt"
    return raised.value.outcome


@pytest.fixture(autouse=True)
def _old_names_are_signed_with() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SecurityWarning)
        yield


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [(RSA, "RS256"), (RSA, "PS256"), (CURVE, "ES256"), (EDWARDS, "Ed25519"), (EDWARDS, "EdDSA")],
)
async def test_a_good_token_is_its_subject_with_its_roles(key: Key, algorithm: str) -> None:
    tokens, token = web_tokens(), signed(key, algorithm)
    before = tokens.remembered(token)

    found = await tokens.verify(token)

    assert found == Principal(
        subject="ada", roles=frozenset({"staff"}), credential_id="token-1", credential_kind="jwt", limit_factor=3
    )
    assert (before, tokens.remembered(token), tokens.has_met(token)) == (None, found, True)


@pytest.mark.parametrize(
    ("changed", "outcome"),
    [
        ({"iss": "https://evil.example"}, "wrong_issuer"),
        ({"iss": None}, "wrong_issuer"),
        ({"iss": [ISSUER]}, "wrong_issuer"),
        ({"aud": "other"}, "wrong_audience"),
        ({"aud": ["other", "shop2"]}, "wrong_audience"),
        ({"aud": {"shop": 1}}, "wrong_audience"),
        ({"aud": None}, "wrong_audience"),
        ({"exp": 1}, "expired"),
        ({"exp": -1e300}, "expired"),
        ({"exp": None}, "bad_claims"),
        ({"exp": "9999999999"}, "bad_claims"),
        ({"exp": True}, "bad_claims"),
        ({"nbf": 99_999_999_999}, "not_yet_valid"),
        ({"iat": 99_999_999_999}, "not_yet_valid"),
        ({"nbf": "now"}, "bad_claims"),
        ({"sub": None}, "bad_claims"),
        ({"sub": ""}, "bad_claims"),
        ({"sub": 7}, "bad_claims"),
        ({"sub": "a\nb"}, "bad_claims"),
        ({"sub": "x" * 256}, "bad_claims"),
        ({"sub": "key:4fQx0aZ81Lm"}, "bad_claims"),
        ({"roles": {"admin": True}}, "bad_claims"),
        ({"roles": ["admin", 7]}, "bad_claims"),
    ],
)
async def test_what_a_token_says_must_hold(changed: dict[str, Any], outcome: str) -> None:
    assert await refusal(signed(RSA, "RS256", **changed)) == outcome


@pytest.mark.parametrize(
    "changed", [{"aud": ["x", AUDIENCE]}, {"nbf": 0}, {"iat": None}, {"roles": None}, {"jti": None}]
)
async def test_what_a_token_may_leave_out_or_say_otherwise(changed: dict[str, Any]) -> None:
    assert (await web_tokens().verify(signed(RSA, "RS256", **changed))).subject == "ada"


async def test_clocks_may_be_apart_by_the_leeway() -> None:
    now = claims()["iat"]
    late, early = (
        signed(RSA, "RS256", exp=now - LEEWAY_SECONDS + 10),
        signed(RSA, "RS256", nbf=now + LEEWAY_SECONDS - 10),
    )

    assert [(await web_tokens().verify(token)).subject for token in (late, early)] == ["ada", "ada"]


@pytest.mark.parametrize(
    "header",
    [
        {"crit": ["exp"]},
        {"crit": ["b64"], "b64": False},
        {"jwk": STRANGER.as_dict(private=False)},
        {"jku": "https://evil.example/keys"},
        {"x5u": "https://evil.example/cert"},
        {"x5c": ["MII"]},
        {"zip": "DEF"},
        {"typ": "logout+jwt"},
        {"typ": 7},
        {"kid": 7},
        {"kid": ["rsa-1"]},
    ],
)
async def test_a_header_that_says_more_than_it_may_is_refused_though_the_signature_holds(
    header: dict[str, Any],
) -> None:
    assert await refusal(signed(RSA, "RS256", header)) == "bad_header"


@pytest.mark.parametrize("typ", ["JWT", "jwt", "at+jwt", "application/at+jwt", None])
async def test_a_token_for_access_may_say_so(typ: str | None) -> None:
    assert (await web_tokens().verify(signed(RSA, "RS256", {"typ": typ}))).subject == "ada"


@pytest.mark.parametrize("algorithm", ["none", "None", "NONE", "nOnE", "", "HS256", "RS384", "RSA-OAEP", 7, None])
async def test_an_algorithm_that_was_not_set_is_refused(algorithm: object) -> None:
    header, payload = {"alg": algorithm, "kid": "rsa-1"}, orjson.dumps(claims())
    unsigned = f"{encoded(orjson.dumps(header))}.{encoded(payload)}"

    assert await refusal(f"{unsigned}.") == "bad_algorithm"
    assert await refusal(f"{unsigned}.{encoded(b'signature')}") == "bad_algorithm"


@pytest.mark.parametrize("form", ["pem", "der"])
async def test_a_public_key_is_no_secret(form: str) -> None:
    """The classic: sign with HS256, the published key being the secret."""
    published = RSA.as_pem(private=False) if form == "pem" else RSA.as_der(private=False)
    header, payload = {"alg": "HS256", "kid": "rsa-1"}, orjson.dumps(claims())
    unsigned = f"{encoded(orjson.dumps(header))}.{encoded(payload)}"
    forged = f"{unsigned}.{encoded(hmac.digest(published, unsigned.encode(), 'sha256'))}"

    assert await refusal(forged) == "bad_algorithm"
    assert await refusal(forged, web_tokens(RSA, algorithms=("RS256", "HS256"), secrets=True)) == "bad_algorithm"


@pytest.mark.parametrize(("key", "algorithm"), [(CURVE, "RS256"), (RSA, "ES256"), (EDWARDS, "ES256")])
async def test_a_key_is_for_its_own_algorithms_only(key: Key, algorithm: str) -> None:
    header = {"alg": algorithm, "kid": key.kid}
    unsigned = f"{encoded(orjson.dumps(header))}.{encoded(orjson.dumps(claims()))}"

    assert await refusal(f"{unsigned}.{encoded(b'x' * 64)}") == "bad_algorithm"


async def test_a_stranger_s_signature_is_none() -> None:
    assert await refusal(signed(STRANGER, "RS256")) == "bad_signature"


@pytest.mark.parametrize("key_id", ["nobody", "", "../../etc/passwd", "rsa-1' OR 1=1"])
async def test_a_key_nobody_knows_is_none(key_id: str) -> None:
    assert await refusal(signed(RSA, "RS256", {"kid": key_id})) == "unknown_key"


async def test_a_token_without_a_key_s_name_is_tried_where_there_is_only_one_for_it() -> None:
    nameless = signed(RSA, "RS256", {"kid": None})

    assert (await web_tokens().verify(nameless)).subject == "ada"
    assert await refusal(nameless, web_tokens(RSA, rsa("rsa-2"))) == "unknown_key"


async def test_a_secret_is_taken_where_it_was_set() -> None:
    tokens = web_tokens(SECRET, algorithms=("HS256",), secrets=True)

    assert (await tokens.verify(signed(SECRET, "HS256"))).subject == "ada"
    assert await refusal(signed(secret(), "HS256"), tokens) == "bad_signature"


async def test_a_token_with_anything_changed_is_refused() -> None:
    header, payload, signature = signed(RSA, "RS256").split(".")
    other = encoded(orjson.dumps(claims(roles=["admin"])))

    assert await refusal(f"{header}.{other}.{signature}") == "bad_signature"
    assert await refusal(f"{header}.{payload}.{signature[:-8]}") == "bad_signature"
    assert await refusal(f"{header}.{payload}.") == "bad_signature"


@given(
    st.text(max_size=200)
    | st.lists(st.binary(max_size=30), max_size=5).map(lambda parts: ".".join(map(encoded, parts)))
)
async def test_garbage_is_malformed(text: str) -> None:
    assert await refusal(text) in {"malformed", "bad_algorithm"}


@pytest.mark.parametrize("header", [b"[]", b"7", b"{", b"\xff", b'{"alg": NaN}', b"[" * 4_000])
async def test_a_header_that_is_no_object_is_malformed(header: bytes) -> None:
    assert await refusal(f"{encoded(header)}.{encoded(b'{}')}.{encoded(b'x')}") == "malformed"


@pytest.mark.parametrize("payload", [b"[]", b"null", b"{", b"[" * 2_000])
async def test_a_signed_payload_that_is_no_object_is_malformed(payload: bytes) -> None:
    assert await refusal(assembled({"alg": "RS256", "kid": "rsa-1"}, payload, RSA, algorithm="RS256")) == "malformed"


async def test_an_oversized_token_is_not_looked_at() -> None:
    assert await refusal("." * (TOKEN_BYTES_AT_MOST + 1)) == "oversized"


@pytest.mark.parametrize(
    ("words", "given", "expected"),
    [
        (Tokens(roles_claim="realm_access.roles"), {"realm_access": {"roles": ["staff", "x"]}}, {"staff", "x"}),
        (Tokens(roles_claim="scope"), {"scope": "staff write"}, {"staff", "write"}),
        (Tokens(roles_claim="https://shop.example/roles"), {"https://shop.example/roles": ["staff"]}, {"staff"}),
        (Tokens(roles_claim="a.b.c"), {"a": {"b": 7}}, set()),
        (Tokens(roles_claim="missing"), {}, set()),
    ],
)
async def test_roles_stand_where_the_service_says(words: Tokens, given: dict[str, Any], expected: set[str]) -> None:
    found = await web_tokens(words=words).verify(signed(RSA, "RS256", **given))

    assert found.roles == expected


async def test_subject_and_tenant_stand_where_the_service_says() -> None:
    tokens = web_tokens(words=Tokens(subject_claim="email", tenant_claim="org.id"))

    found = await tokens.verify(signed(RSA, "RS256", email="ada@example.org", org={"id": "acme"}))

    assert (found.subject, found.tenant) == ("ada@example.org", "acme")
    assert await refusal(signed(RSA, "RS256", email="ada@example.org"), tokens) == "bad_claims"


async def test_a_token_without_an_id_is_named_by_its_digest() -> None:
    one, other = [(await web_tokens().verify(signed(RSA, "RS256", jti=None, sub=who))).credential_id for who in "ab"]

    assert (len(one), one != other) == (16, True)


def broken(key: Key, **changed: Any) -> dict[str, Any]:
    return {**key.as_dict(private=False), **changed}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b'{"keys": {}}',
        b'{"keys": []}',
        b'{"keys": [7, null, {}, {"kty": "XX"}]}',
        orjson.dumps({"keys": [broken(RSA, use="enc")]}),
        orjson.dumps({"keys": [broken(RSA, key_ops=["encrypt"])]}),
        orjson.dumps({"keys": [broken(RSA, alg="RSA-OAEP")]}),
        orjson.dumps({"keys": [broken(RSA, n="AQAB")]}),
        orjson.dumps({"keys": [broken(CURVE, x="AQAB")]}),
        orjson.dumps({"keys": [{"kty": "RSA"}] * 101}),
        pytest.param(public_set(SECRET), id="a secret"),
        b"-----BEGIN PUBLIC KEY-----\nAQAB\n-----END PUBLIC KEY-----\n",
    ],
)
def test_what_holds_no_key_to_verify_with_is_no_set(content: bytes) -> None:
    with pytest.raises(KeySetUnfit):
        read_key_set(content)


def test_a_broken_key_does_not_hide_the_others() -> None:
    content = orjson.dumps({"keys": [{"kty": "XX"}, CURVE.as_dict(private=False)]})

    assert len(read_key_set(content)) == 1


@pytest.mark.parametrize("key", [RSA, CURVE, EDWARDS])
def test_a_pem_is_a_set_of_one(key: RSAKey) -> None:
    assert len(read_key_set(key.as_pem(private=False))) == 1


def test_no_algorithm_is_none() -> None:
    lower: Callable[[str], str] = str.lower

    assert "none" not in set(map(lower, ALGORITHMS))
