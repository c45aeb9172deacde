"""Access words: who may do a thing, as values that combine with | and &."""

from dataclasses import dataclass
from typing import TypeGuard


class Access:
    """Who may do something. Combine words: `OWNER | role("staff")`, `SIGNED_IN & role("auditor")`."""

    __slots__ = ()

    def __or__(self, other: "Access") -> "AnyOf":
        return AnyOf((self, other))

    def __and__(self, other: "Access") -> "AllOf":
        return AllOf((self, other))


@dataclass(frozen=True, slots=True)
class Anyone(Access):
    """Everybody, without credentials."""


@dataclass(frozen=True, slots=True)
class SignedIn(Access):
    """Every principal with valid credentials."""


@dataclass(frozen=True, slots=True)
class Owner(Access):
    """The principal that made the row."""


@dataclass(frozen=True, slots=True)
class Role(Access):
    """Every principal that holds the role."""

    name: str


@dataclass(frozen=True, slots=True)
class Within(Access):
    """Whom `word` admits, about this resource: outside of its fence a credential is worth what none is."""

    area: str
    word: Access


@dataclass(frozen=True, slots=True)
class AnyOf(Access):
    """Whoever one of the words admits."""

    words: tuple[Access, ...]


@dataclass(frozen=True, slots=True)
class AllOf(Access):
    """Whoever all of the words admit."""

    words: tuple[Access, ...]


ANYONE = Anyone()
SIGNED_IN = SignedIn()
OWNER = Owner()


def role(name: str) -> Role:
    """Admit principals that hold the role `name`."""
    return Role(name)


def is_access(value: object) -> TypeGuard[Access]:
    """Whether it is an access word, made of access words alone."""
    match value:
        case AnyOf(words) | AllOf(words):
            return all(map(is_access, words))
        case Role(name):
            return isinstance(name, str) and bool(name)
        case _:
            return isinstance(value, Access)


def is_open(access: Access | None) -> bool:
    """Whether it takes no credentials; what says nothing of access is not open."""
    match access:
        case Anyone():
            return True
        case AnyOf(words):
            return any(map(is_open, words))
        case AllOf(words):
            return bool(words) and all(map(is_open, words))
        case Within(_, word):
            return is_open(word)
        case _:
            return False


def is_about_owners(access: Access | None) -> bool:
    """Whether it takes knowing whose a row is."""
    match access:
        case Owner():
            return True
        case AnyOf(words) | AllOf(words):
            return any(map(is_about_owners, words))
        case _:
            return False
