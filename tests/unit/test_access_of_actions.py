"""Which word holds for an action of a resource."""

from server import ANYONE, OWNER, SIGNED_IN, Model, Resource, role
from server.identity.access import Access
from server.service import READS, WRITES, Action

STAFF = role("staff")


class Thing(Model):
    """Anything."""


def words(resource: Resource) -> dict[Action, Access | None]:
    """The word of each action."""
    return {action: resource.access_to(action) for action in (*READS, *WRITES)}


def test_a_wide_word_is_for_all_actions_it_covers() -> None:
    assert set(words(Resource(Thing, "/things", access=OWNER)).values()) == {OWNER}
    assert words(Resource(Thing, "/things", read=ANYONE, write=STAFF)) == {
        "list": ANYONE,
        "read": ANYONE,
        "create": STAFF,
        "replace": STAFF,
        "update": STAFF,
        "delete": STAFF,
    }


def test_the_narrowest_word_wins() -> None:
    resource = Resource(
        Thing, "/things", access=OWNER, read=SIGNED_IN, list=STAFF, create=ANYONE, update=OWNER | STAFF, delete=STAFF
    )

    assert words(resource) == {
        "list": STAFF,
        "read": SIGNED_IN,
        "create": ANYONE,
        "replace": ANYONE & (OWNER | STAFF),
        "update": OWNER | STAFF,
        "delete": STAFF,
    }


def test_what_no_word_covers_is_not_offered() -> None:
    resource = Resource(Thing, "/things", read=ANYONE, create=SIGNED_IN)

    assert resource.actions == ("list", "read", "create")
