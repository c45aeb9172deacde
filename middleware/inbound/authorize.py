"""The layer that lets a caller through only where its endpoint's access rule admits it."""

from typing import get_args

from middleware.errors import Forbidden, Problem, Unauthenticated
from middleware.inbound.admission import ADMITTED
from middleware.inbound.challenge import INSUFFICIENT_SCOPE, challenge
from middleware.inbound.exchange import Exchange
from middleware.inbound.request_plan import Check, Layer, Place
from telemetry.events import AccessDecided, AccessDecision, Observe
from telemetry.observers import bound

_SENTENCES: dict[AccessDecision, str] = {
    "refused_role": "You may not do this: it takes a role that you do not hold.",
    "refused_scope": "Your credential may not do this: its scope ends before it.",
    "refused_tenant": "These records are kept apart by tenant, and your credential names none.",
}


def authorize(observe: Observe, *, realm: str) -> Layer:
    """Raise Unauthenticated where a caller who said who it is might get in, Forbidden where this one does not."""

    tell = {decision: bound(observe, AccessDecided(decision=decision)) for decision in get_args(AccessDecision)}

    def layer(place: Place) -> Check | None:
        if place.endpoint is None:
            return None
        decide = place.endpoint.decide

        def check(exchange: Exchange) -> None:
            caller = exchange.caller
            if caller is None:
                decision = decide(None)
            else:
                decision = caller.decisions.get(place) or caller.decided(place, decide(caller.principal))
            tell[decision]()
            if decision not in ADMITTED:
                raise _refusal(decision, realm)

        return check

    return layer


def _refusal(decision: AccessDecision, realm: str) -> Problem:
    if decision == "refused_unknown":
        return Unauthenticated(headers=challenge(realm), reason=decision)
    sentence = _SENTENCES[decision]
    told = challenge(realm, INSUFFICIENT_SCOPE, description=sentence)
    return Forbidden(sentence, headers=told, reason=decision)
