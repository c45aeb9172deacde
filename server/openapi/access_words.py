"""Access in words, for people who read the document."""

from server.identity.access import Access, AllOf, AnyOf, Anyone, Owner, Role, SignedIn


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
