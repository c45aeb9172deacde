"""Where a write comes from, as the audit trail remembers it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Who writes, from where and by which request; None is not known, or not applicable.

    `operation` is the request as its address is declared, such as `PATCH /orders/{id}`, or the command typed.
    """

    subject: str | None = None
    tenant: str | None = None
    credential_id: str | None = None
    address: str | None = None
    request_id: str | None = None
    operation: str | None = None


UNKNOWN = Origin()
"""Of what a service does that no request and no command asked for."""
