"""What an access rule makes of a caller: the decision before any row is looked at."""

from collections.abc import Callable

from middleware.inbound.principal import Principal
from telemetry.events import AccessDecision

Decide = Callable[[Principal | None], AccessDecision]
"""Decides about a caller, None for one without credentials; pure, so what it said of a principal may be remembered."""

ADMITTED: frozenset[AccessDecision] = frozenset({"admitted", "admitted_own_rows"})
"""The decisions that let a caller in."""


def admit_everybody(_principal: Principal | None) -> AccessDecision:
    """Let in whoever comes: for addresses of Mainstay's own that tell nothing of any caller's."""
    return "admitted"
