"""Callers for tests."""

from typing import Any

from middleware.inbound.principal import Principal


def caller(subject: str = "ada", *roles: str, **more: Any) -> Principal:
    """The holder of a key, with these roles."""
    known = {"credential_id": f"id-of-{subject}", "credential_kind": "api_key", **more}
    return Principal(subject=subject, roles=frozenset(roles), **known)
