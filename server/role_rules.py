"""What the roles that a service lists may not be."""

from collections.abc import Iterator

from server.identity.key_grants import is_role
from server.service import Service
from storage.mistakes import Mistake


def role_mistakes(service: Service) -> Iterator[Mistake]:
    """Everything wrong with the roles that only handlers look at."""
    for detail in role_problems(service.roles):
        yield Mistake(where=f"Service {service.name!r}", detail=detail, about=service)


def role_problems(roles: object) -> Iterator[str]:
    """A sentence for each of these that is no role."""
    if not isinstance(roles, list | tuple):
        yield "roles is a list of roles, as ['member']"
        return
    for role in roles:
        if not isinstance(role, str) or not is_role(role):
            yield f"{role!r} is no role: letters, digits, and . _ : - after the first"
