"""What the shop's declaration says of who may do what, worked out a second time and in another way."""

from dataclasses import dataclass
from typing import Literal, get_args

from server.identity.access import Access, AllOf, AnyOf, Anyone, Owner, Role, SignedIn
from server.service import Resource
from storage.model import Tenant

Operation = Literal["list", "read", "create", "replace", "update", "delete"]
OPERATIONS: tuple[Operation, ...] = get_args(Operation)
DONE: dict[Operation, int] = {"list": 200, "read": 200, "create": 201, "replace": 200, "update": 200, "delete": 204}


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """Somebody who calls."""

    subject: str = ""
    roles: tuple[str, ...] = ()
    tenant: str | None = None
    is_good: bool = True
    """Whether the credential is neither expired nor revoked."""

    @property
    def is_known(self) -> bool:
        """Whether there is a credential."""
        return bool(self.subject)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A record: who made it, and what ties it to others."""

    owner: Who
    tenant: str | None = None
    is_referred_to: bool = False


def holds(word: Access, who: Who, *, owns: bool) -> bool:
    """Whether a word is true of a caller and a row that it made or did not make."""
    match word:
        case Anyone():
            return True
        case SignedIn():
            return who.is_known
        case Owner():
            return who.is_known and owns
        case Role(name):
            return name in who.roles
        case AnyOf(words):
            return any(holds(one, who, owns=owns) for one in words)
        case AllOf(words):
            return all(holds(one, who, owns=owns) for one in words)
        case _:
            raise TypeError(word)


def word_of(resource: Resource, operation: Operation) -> Access:
    """The word that is about an operation."""
    narrow = resource.read if operation in ("list", "read") else resource.write
    word = narrow or resource.access
    assert word is not None
    return word


def has_tenants(resource: Resource) -> bool:
    """Whether its records are kept apart by tenant."""
    return any(isinstance(mark, Tenant) for info in resource.model.model_fields.values() for mark in info.metadata)


def sees(resource: Resource, operation: Operation, who: Who, *, row: Row) -> bool:
    """Whether the operation finds the row."""
    if has_tenants(resource) and who.tenant != row.tenant:
        return False
    return holds(
        word_of(resource, operation), who, owns=(row.owner.subject, row.owner.tenant) == (who.subject, who.tenant)
    )


def status(resource: Resource, operation: Operation, who: Who, *, row: Row) -> int:
    """What the operation is answered with, where what is sent refers only to what the caller may read."""
    if who.is_known and not who.is_good:
        return 401
    word = word_of(resource, operation)
    if not holds(word, who, owns=True):
        return 403 if who.is_known else 401
    if has_tenants(resource) and who.tenant is None:
        return 403
    if operation not in ("list", "create") and not sees(resource, operation, who, row=row):
        return 404
    return 409 if operation == "delete" and row.is_referred_to else DONE[operation]
