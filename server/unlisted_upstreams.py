"""Upstreams that a handler names and its service does not list: each of its calls would end with a 500."""

import dis
import inspect
from collections.abc import Iterator
from types import CodeType, FunctionType

from server.route_rules import label_of
from server.service import RouteHandler, Service, Upstream
from storage.mistakes import Mistake


def unlisted_upstream_mistakes(service: Service) -> Iterator[Mistake]:
    """One for each route and upstream, as far as the handlers' own code shows them."""
    listed = {upstream.name for upstream in service.upstreams}
    for route in service.routes:
        for name, upstream in sorted(_named_in(route.handler).items()):
            if upstream.name not in listed:
                yield Mistake(
                    where=label_of(route),
                    detail=f"its handler names {name}, which the service does not list: upstreams=[{name}, …]",
                    about=route,
                )


def _named_in(handler: RouteHandler) -> dict[str, Upstream]:
    """The upstreams among the module's names that a handler uses, by those names; what it calls is not looked into."""
    function = inspect.unwrap(handler)
    if not isinstance(function, FunctionType):
        return {}
    found = {name: function.__globals__.get(name) for name in _globals_of(function.__code__)}
    return {name: value for name, value in found.items() if isinstance(value, Upstream)}


def _globals_of(code: CodeType) -> Iterator[str]:
    """The names of a module that a function's code reads, that of functions within it too."""
    yield from (one.argval for one in dis.get_instructions(code) if one.opname == "LOAD_GLOBAL")
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _globals_of(inner)
