"""The layer that lets a caller through only where its endpoint's access rule admits it."""

from typing import get_args

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from middleware.errors import Forbidden, Problem, Unauthenticated
from middleware.inbound.challenge import INSUFFICIENT_SCOPE, challenge
from middleware.inbound.endpoint import Endpoints, endpoint_of
from middleware.inbound.principal import PRINCIPAL
from telemetry.events import AccessDecided, AccessDecision, Observe

_ADMITTED: frozenset[AccessDecision] = frozenset({"admitted", "admitted_own_rows"})
_DECIDED = {decision: AccessDecided(decision=decision) for decision in get_args(AccessDecision)}
_SENTENCES: dict[AccessDecision, str] = {
    "refused_role": "You may not do this: it takes a role that you do not hold.",
    "refused_scope": "Your credential may not do this: its scope ends before it.",
    "refused_tenant": "These records are kept apart by tenant, and your credential names none.",
}


def authorize(endpoints: Endpoints, observe: Observe, *, realm: str) -> Middleware:
    """Raise Unauthenticated where a caller who said who it is might get in, Forbidden where this one does not."""

    @web.middleware
    async def layer(request: web.Request, handler: Handler) -> web.StreamResponse:
        endpoint = endpoint_of(request, endpoints)
        if endpoint is None:
            return await handler(request)
        decision = endpoint.decide(request.get(PRINCIPAL))
        observe(_DECIDED[decision])
        if decision not in _ADMITTED:
            raise _refusal(decision, realm)
        return await handler(request)

    return layer


def _refusal(decision: AccessDecision, realm: str) -> Problem:
    if decision == "refused_unknown":
        return Unauthenticated(headers=challenge(realm), reason=decision)
    sentence = _SENTENCES[decision]
    told = challenge(realm, INSUFFICIENT_SCOPE, description=sentence)
    return Forbidden(sentence, headers=told, reason=decision)
