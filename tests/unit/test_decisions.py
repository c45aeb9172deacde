"""Access words against an oracle that looks at rows: what is decided without them is what they would have shown."""

from hypothesis import given
from hypothesis import strategies as st

from middleware.inbound.principal import Principal, Scopes
from server.identity.access import ANYONE, OWNER, SIGNED_IN, Access, AllOf, AnyOf, Within, is_open, role
from server.identity.decisions import decide_by, rows_for
from telemetry.events import AccessDecision
from tests.principals import caller

ROLES = ("staff", "admin", "auditor")
LEAVES = st.sampled_from([ANYONE, SIGNED_IN, OWNER, *map(role, ROLES)])
EXPRESSIONS = st.recursive(
    LEAVES,
    lambda words: (
        st.lists(words, max_size=3).map(lambda some: AnyOf(tuple(some)))
        | st.lists(words, max_size=3).map(lambda some: AllOf(tuple(some)))
        | st.tuples(words, words).map(lambda two: two[0] | two[1])
        | st.tuples(words, words).map(lambda two: two[0] & two[1])
    ),
    max_leaves=8,
)
CALLERS = st.none() | st.sets(st.sampled_from(ROLES)).map(lambda roles: caller("ada", *roles))
SCOPES = st.none() | st.builds(
    Scopes, resources=st.none() | st.frozensets(st.sampled_from(["products", "orders"])), may_write=st.booleans()
)


def admits(word: Access, principal: Principal | None, *, is_own: bool) -> bool:
    """Whether the word admits the caller to one row, as its sentences in access.py have it."""
    if isinstance(word, AnyOf):
        return any(admits(one, principal, is_own=is_own) for one in word.words)
    if isinstance(word, AllOf):
        return word.words != () and all(admits(one, principal, is_own=is_own) for one in word.words)
    if word == ANYONE:
        return True
    if principal is None:
        return False
    return word == SIGNED_IN or (word == OWNER and is_own) or word in [role(name) for name in principal.roles]


def expected(word: Access, principal: Principal | None) -> AccessDecision:
    own, others = (admits(word, principal, is_own=is_own) for is_own in (True, False))
    if own and others:
        return "admitted"
    if principal is None:
        return "refused_unknown"
    return "admitted_own_rows" if own else "refused_role"


@given(EXPRESSIONS, CALLERS)
def test_a_decision_is_what_looking_at_every_row_would_tell(word: Access, principal: Principal | None) -> None:
    assert decide_by(word, area="products", writes=False)(principal) == expected(word, principal)


@given(EXPRESSIONS)
def test_a_word_is_open_exactly_where_it_admits_nobody_in_particular(word: Access) -> None:
    assert is_open(word) == admits(word, None, is_own=False)


@given(CALLERS)
def test_without_a_word_nobody_is_admitted(principal: Principal | None) -> None:
    decision = decide_by(None, area="products", writes=False)(principal)

    assert decision == ("refused_unknown" if principal is None else "refused_role")


@given(EXPRESSIONS, SCOPES, st.sampled_from(["products", "orders"]), st.booleans())
def test_a_scope_ends_what_a_credential_opens(word: Access, scopes: Scopes | None, area: str, writes: bool) -> None:
    fenced = caller("ada", "staff", "admin", scopes=scopes)
    is_outside = scopes is not None and (
        (writes and not scopes.may_write) or (scopes.resources is not None and area not in scopes.resources)
    )

    decision = decide_by(word, area=area, writes=writes)(fenced)

    assert decision == ("refused_scope" if is_outside else expected(word, fenced))


@given(EXPRESSIONS, SCOPES, st.sampled_from(["products", "orders"]))
def test_outside_of_its_fence_a_credential_shows_what_none_does(word: Access, scopes: Scopes | None, area: str) -> None:
    fenced = caller("ada", "staff", "admin", scopes=scopes)
    is_outside = scopes is not None and scopes.resources is not None and area not in scopes.resources

    assert rows_for(Within(area, word), fenced) == rows_for(word, None if is_outside else fenced)
    assert is_open(Within(area, word)) == is_open(word)
