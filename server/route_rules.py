"""What a route of the team's own may not be."""

import inspect
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any, get_args

from aiohttp import web
from pydantic import BaseModel, TypeAdapter
from pydantic.errors import PydanticUndefinedAnnotation, PydanticUserError

from server.identity.access import is_about_owners
from server.resource_rules import access_problems, idempotency_problems, is_path
from server.service import Method, Route
from storage.mistakes import Mistake

_PARAMETER = re.compile(r"\{([a-z_][a-z0-9_]*)\}")
_BODILESS = ("GET", "DELETE")


def label_of(route: Route) -> str:
    """What a route is called in a mistake."""
    return f"Route({route.method} {route.path})"


def route_mistakes(route: Route, *, rows_have_owners: bool) -> Iterator[Mistake]:
    """Everything wrong with a route."""
    details = [*_address_problems(route), *_handler_problems(route), *_model_problems(route)]
    details += idempotency_problems(route.idempotency)
    if is_about_owners(route.access) and not rows_have_owners:
        details.append("OWNER admits to rows of one's own, and no resource here has any: say OWNER of a resource too")
    yield from (Mistake(where=label_of(route), detail=detail, about=route) for detail in details)


def _address_problems(route: Route) -> Iterator[str]:
    if route.method not in get_args(Method):
        yield f"a method is one of {', '.join(get_args(Method))}"
    if not is_path(_PARAMETER.sub("x", route.path)):
        yield "a path is like /orders/{id}/pay"
    for name, times in Counter(_PARAMETER.findall(route.path)).items():
        if times > 1:
            yield f"its path has {{{name}}} twice"


def _handler_problems(route: Route) -> Iterator[str]:
    if not inspect.iscoroutinefunction(route.handler):
        yield "its handler is not an async def"
    if route.access is None:
        yield "says nothing of access: give access=, e.g. access=ANYONE"
    yield from access_problems({"access": route.access})
    if route.status is not None and not HTTPStatus.OK <= route.status < HTTPStatus.MULTIPLE_CHOICES:
        yield "status is that of its success, from 200 to 299"
    if route.timeout_seconds is not None and not route.timeout_seconds > 0:
        yield "timeout_seconds is above 0"


def _model_problems(route: Route) -> Iterator[str]:
    if route.accepts is not None and route.method in _BODILESS:
        yield f"a {route.method} has no body to accept"
    given: Mapping[str, object] = {"accepts": route.accepts, "parameters": route.parameters}
    for word, model in given.items():
        if model is not None and not (inspect.isclass(model) and issubclass(model, BaseModel)):
            yield f"{word} is a pydantic model"
    if not _can_be_answered(route.returns):
        yield f"returns {route.returns!r}, which is no type that can be answered as JSON"


def _can_be_answered(annotation: Any) -> bool:
    if inspect.isclass(annotation) and issubclass(annotation, web.StreamResponse):
        return True
    try:
        TypeAdapter(annotation).json_schema(mode="serialization")
    except (PydanticUserError, PydanticUndefinedAnnotation, TypeError):
        return False
    return True
