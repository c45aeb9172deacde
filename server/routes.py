"""From a team's route to its address: its handler, with what it returns rendered."""

import inspect
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from aiohttp import web
from pydantic import BaseModel, TypeAdapter, ValidationError

from middleware.inbound.endpoint import Endpoint
from middleware.inbound.principal import PRINCIPAL
from middleware.inbound.ready_answer import ReadyAnswer
from server.address import Address, Handle
from server.declaration import Declaration
from server.handling import REQUEST_STORE, store
from server.identity.decisions import decide_by
from server.identity.row_scopes import ScopeOf
from server.keyed_routes import keyed
from server.requests.route_requests import RouteRequests, keys_in
from server.resources import Serving
from server.service import REPEATABLE, Route, area_of
from server.write_origins import OriginOf
from storage.scope import EVERYTHING
from storage.wire import rendered


def route_address(route: Route, declaration: Declaration, *, serving: Serving) -> Address:
    """The route's one address."""
    keys = keys_in(route.path, declaration)
    takes_key = route.method in REPEATABLE
    requests = RouteRequests(route, keys, maximum_body_bytes=serving.maximum_body_bytes)
    narrow = _narrowing(
        serving.scopes.of_route(route.access), origin_of=serving.origin_of if _is_audited(declaration) else None
    )
    if takes_key:
        handle = _narrowed(keyed(_rendering(route), runner=serving.runner, cipher=serving.cipher), narrow)
    else:
        handle = _rendering(route, narrow)
    return Address(
        method=route.method,
        handle=handle,
        endpoint=Endpoint(
            template=route.path,
            operation=f"{route.method} {route.path}",
            decide=decide_by(route.access, area=area_of(route, declaration.service), writes=route.method != "GET"),
            read_input=requests.read,
            limit_seconds=route.timeout_seconds,
            idempotency=route.idempotency if takes_key else "none",
            priority=route.priority,
        ),
    )


Narrow = Callable[[web.Request], None]


def _narrowing(scope_of: ScopeOf, *, origin_of: OriginOf | None) -> Narrow:
    """What has a request's store hold the records its caller may touch, and write down where its writes come from."""

    def narrow(request: web.Request) -> None:
        if origin_of is not None:
            request[REQUEST_STORE] = store(request).on_behalf_of(origin_of(request))
        scope = scope_of(request.get(PRINCIPAL))
        if scope is not EVERYTHING:
            request[REQUEST_STORE] = store(request).within(scope)

    return narrow


def _narrowed(handle: Handle, narrow: Narrow) -> Handle:
    """The handler, once the store is narrowed."""

    async def handle_narrowed(request: web.Request) -> web.StreamResponse:
        narrow(request)
        return await handle(request)

    return handle_narrowed


def _is_audited(declaration: Declaration) -> bool:
    return any(record_type.is_audited for record_type in declaration.types.values())


def _leave(_request: web.Request) -> None:
    """Narrow nothing."""


def _rendering(route: Route, narrow: Narrow = _leave) -> Handle:
    """The route's handler as aiohttp wants it; a result that is not what the route says it returns is a bug."""
    answers, is_model, status = _answers(route), _is_model(route), int(route.status or HTTPStatus.OK)

    async def handle(request: web.Request) -> web.StreamResponse:
        narrow(request)
        result = await route.handler(request)
        if not (is_model and type(result) is route.returns):  # which nearly all are, and the rest is not asked about
            if isinstance(result, web.StreamResponse):
                return result
            _require_as_declared(route, answers, result=result)
            if result is None:
                return web.Response(status=route.status or HTTPStatus.NO_CONTENT)
        return ReadyAnswer(rendered(result), status=status)

    return handle


def _answers(route: Route) -> TypeAdapter[Any] | None:
    """What the handler may return besides a response of its own; None for nothing at all."""
    if inspect.isclass(route.returns) and issubclass(route.returns, web.StreamResponse):
        return None
    return TypeAdapter(route.returns)


def _is_model(route: Route) -> bool:
    """Whether the route returns a model whose instances pydantic takes as they are, so that it need not be asked."""
    if not (inspect.isclass(route.returns) and issubclass(route.returns, BaseModel)):
        return False
    return route.returns.model_config.get("revalidate_instances", "never") == "never"


def _require_as_declared(route: Route, answers: TypeAdapter[Any] | None, *, result: object) -> None:
    wrong = f"{route.handler.__name__} returned {type(result).__name__}, not what its route says"
    if answers is None:
        raise TypeError(wrong)
    try:
        answers.validate_python(result, strict=True)
    except ValidationError as error:
        raise TypeError(wrong) from error
