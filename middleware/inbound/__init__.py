"""What a request passes through, outermost first.

1. `identify`: everything after it has a request id, a trace and a start.
2. `RequestTeller`: outside the problems, so it sees the status a caller sees.
3. `ProblemRenderer`: outside all that refuse, so a refusal is rendered and counted like any answer.
4. `require_own_host`: nothing is done for a request that was meant for somebody else.
5. `answer_preflights`: what a browser asks before a page's request costs nothing, and nobody signs in for it.
6. `limit_time`: outside all that waits, the reading of a body included, so that nothing outlives the deadline.
7. `authenticate`: before all that depends on who calls. What it asks Postgres or a key server is asked for under the
   deadline. It has a limit of its own on failures, by address, as `rate_limit` never sees those who fail.
8. `authorize`: nothing of a request is read for a caller who may not make it.
9. `rate_limit`: after it is known who calls, as a limit is a caller's; before a body is read.
10. `point_the_way`: only for addresses that lead nowhere; after the limit, as looking for what was meant takes time,
    and after it is known who calls, as nobody is told of an address that is not open to them.
11. `validate`: nothing goes on that is not as declared.
12. `idempotency`: innermost, as only a valid request is worth remembering.

*shed* stands before the first of them, at the connection (`shed_protocol` asks, `shed` decides): a request is let in,
held or refused before a byte of it is parsed, as reading it and passing it through three layers costs a good part of
answering it. A refusal looks like one of `render_problems` and is told as RequestRejected. The time a request was held
is part of its own: `identify` lets it start at its arrival.

The first three stand around the handler, in `answering`; the others are checks before it (`request_plan`).
Around all stand `answer_bytes`, or else `mark_answers`, `mark_limits` and `mark_origins`, which write the headers that
every answer has, and `protocol`, which answers what never becomes a request.
"""

from dataclasses import dataclass

from middleware.inbound.answer_bytes import AnswerBytes
from middleware.inbound.authenticate import Authentication, authenticate
from middleware.inbound.authorize import authorize
from middleware.inbound.bugs import Bugs
from middleware.inbound.cors import Origins, answer_preflights, mark_origins
from middleware.inbound.deadline import REQUEST_SECONDS, limit_time
from middleware.inbound.endpoint import Endpoints
from middleware.inbound.idempotency import idempotency, tell_repeats
from middleware.inbound.identify import identify, mark_answers
from middleware.inbound.observe import RequestTeller
from middleware.inbound.own_hosts import ANY_HOST, OwnHosts, require_own_host
from middleware.inbound.problems import ProblemRenderer
from middleware.inbound.rate_limit import Limits, mark_limits, rate_limit
from middleware.inbound.require_operator import require_operator
from middleware.inbound.signpost import point_the_way
from middleware.inbound.stack import Stack
from middleware.inbound.telling import Telling
from middleware.inbound.validate import validate
from middleware.outbound.clock import CLOCK, Clock
from telemetry.context import Identifier
from telemetry.events import Observe


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What every request is held to: our names, the origins it may come from, its time, its caller and its limits.

    Without limits there is no such layer; without authentication every caller is nobody, whatever it brings.
    """

    hosts: OwnHosts = ANY_HOST
    origins: Origins | None = None
    request_seconds: float = REQUEST_SECONDS
    limits: Limits | None = None
    authentication: Authentication | None = None
    realm: str = "mainstay"
    secret: bytes = b""
    words: frozenset[str] = frozenset()
    """Those that the declaration names, and that may be repeated of what a caller sent."""


UNLIMITED = Bounds()


def inbound(
    endpoints: Endpoints,
    *,
    observe: Observe,
    make_context: Identifier,
    bounds: Bounds = UNLIMITED,
    clock: Clock = CLOCK,
) -> Stack:
    """Build the stack of an application, to `install`; `endpoints` may be filled until that is served."""
    asked, origins, limits = bounds.authentication, bounds.origins, bounds.limits
    return Stack(
        endpoints=endpoints,
        identify=identify(make_context),
        teller=RequestTeller(observe, telling=_telling(bounds), now=clock.now),
        problems=ProblemRenderer(observe, bugs=Bugs(bounds.words), jitter=clock.jitter),
        checks=(
            require_own_host(bounds.hosts),
            *(() if origins is None else (answer_preflights(origins),)),
            limit_time(request_seconds=bounds.request_seconds, call_later=clock.call_later, now=clock.now),
            *(() if asked is None else (authenticate(asked, observe, realm=bounds.realm, jitter=clock.jitter),)),
            authorize(observe, realm=bounds.realm),
            *(() if limits is None else (rate_limit(limits, jitter=clock.jitter),)),
            point_the_way(endpoints),
            validate(now=clock.now),
            idempotency(secret=bounds.secret),
        ),
        around=(tell_repeats(observe),),
        marks=(mark_answers(now=clock.now), mark_limits, *(() if origins is None else (mark_origins(origins),))),
        bytes_of=AnswerBytes(origins, now=clock.now),
    )


def _telling(bounds: Bounds) -> Telling:
    address_of = None if bounds.limits is None else bounds.limits.address_of
    return Telling(secret=bounds.secret, address_of=address_of, words=bounds.words)


def inbound_of_admin(
    observe: Observe, *, make_context: Identifier, hosts: OwnHosts = ANY_HOST, token: str = ""
) -> Stack:
    """Build the stack of the admin port, where nobody is counted, limited or shed; changes take `token`."""
    return Stack(
        endpoints={},
        identify=identify(make_context),
        teller=None,
        problems=ProblemRenderer(observe),
        checks=(require_own_host(hosts), require_operator(token)),
        marks=(mark_answers(),),
        bytes_of=AnswerBytes(),
    )
