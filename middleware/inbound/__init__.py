"""What a request passes through, outermost first.

1. `identify`: everything after it has a request id, a trace and a start.
2. `observe_requests`: outside `render_problems`, so it sees the status a caller sees.
3. `render_problems`: outside all that refuse, so a refusal is rendered and counted like any answer.
4. `authorize`: nothing of a request is read for a caller who may not make it.
5. `validate`: last, so a handler gets only what was declared.

Around the layers stand `mark_answers`, which every answer passes as its headers are written, and `protocol`, which
answers what never becomes a request.
"""

import random
import time
from collections.abc import Callable

from aiohttp.typedefs import Middleware

from middleware.inbound.authorize import authorize
from middleware.inbound.endpoint import Endpoints
from middleware.inbound.identify import identify
from middleware.inbound.observe import observe_requests
from middleware.inbound.problems import render_problems
from middleware.inbound.validate import validate
from telemetry.context import Identifier
from telemetry.events import Observe


def inbound(
    endpoints: Endpoints,
    *,
    observe: Observe,
    make_context: Identifier,
    now: Callable[[], float] = time.monotonic,
    jitter: Callable[[], float] = random.random,
) -> tuple[Middleware, ...]:
    """Build the stack for `web.Application(middlewares=…)`; `endpoints` may be filled until the first request."""
    return (
        identify(make_context),
        observe_requests(endpoints, observe, now=now),
        render_problems(endpoints, observe, jitter=jitter),
        authorize(endpoints),
        validate(endpoints, now=now),
    )
