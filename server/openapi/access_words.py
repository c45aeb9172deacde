"""Access in words, for people who read the document."""

from server.identity.access import Access, AllOf, AnyOf, Anyone, Owner, Role, SignedIn, is_open
from server.openapi.json_value import Object


def access_in_words(access: Access) -> str:
    """`OWNER | role("staff")` → "the record's owner or whoever holds the role staff"."""
    match access:
        case Anyone():
            return "anyone"
        case SignedIn():
            return "whoever is signed in"
        case Owner():
            return "the record's owner"
        case Role(name):
            return f"whoever holds the role {name}"
        case AnyOf(words):
            return " or ".join(map(access_in_words, words))
        case AllOf(words):
            return " and ".join(map(_bracketed, words))
        case _:
            raise TypeError(f"{access!r} is no access word")


def _bracketed(access: Access) -> str:
    words = access_in_words(access)
    return f"({words})" if isinstance(access, AnyOf) else words


def security_of(access: Access | None) -> Object:
    """The `security` of an operation; absent where no credential is needed, which generators read rightly.

    "A credential, or none" can be said too, but the clients they make then ask for one.
    """
    return {} if is_open(access) else {"security": [{"bearer": []}]}
