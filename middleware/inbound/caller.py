"""Who calls over a connection, and what follows from that alone: found out for its first request, not for each."""

from middleware.inbound.principal import Principal
from middleware.inbound.quota import Charge
from telemetry.events import AccessDecision

_PLACES_KEPT = 64
"""Of one caller over one connection, which asks for a few addresses again and again; past it all are forgotten."""


class Caller:
    """A principal as one connection knows it, with what the layers have made of it.

    Whose a credential is, and whether it still holds, is asked for each request; that gives the same principal as long
    as nothing has changed, and with another one this ends. So nothing here outlives what it was found from.
    """

    __slots__ = ("allowances", "decisions", "principal", "pseudonyms")

    def __init__(self, principal: Principal) -> None:
        self.principal = principal
        self.decisions: dict[object, AccessDecision] = {}
        """What access rules say of it, by where it goes."""
        self.allowances: dict[object, tuple[str, Charge]] = {}
        """Where what it has taken is kept, and what it is charged, by where it goes."""
        self.pseudonyms: tuple[str, str] | None = None
        """Of its subject and its tenant; None before they have been told."""

    def decided(self, place: object, decision: AccessDecision) -> AccessDecision:
        """Remember what the rule there says."""
        if len(self.decisions) >= _PLACES_KEPT:
            self.decisions.clear()
        self.decisions[place] = decision
        return decision

    def charged(self, place: object, allowance: tuple[str, Charge]) -> tuple[str, Charge]:
        """Remember what is taken there, and from where."""
        if len(self.allowances) >= _PLACES_KEPT:
            self.allowances.clear()
        self.allowances[place] = allowance
        return allowance


class Acquaintance:
    """What a connection remembers from one request to the next: who called last."""

    __slots__ = ("caller",)

    def __init__(self) -> None:
        self.caller: Caller | None = None

    def with_principal(self, principal: Principal) -> Caller:
        """The caller that it is: the same as before where it is the very same principal."""
        caller = self.caller
        if caller is None or caller.principal is not principal:
            caller = self.caller = Caller(principal)
        return caller
