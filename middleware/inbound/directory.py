"""Finds the plan for a request by its address: in a dict where aiohttp's router would try one pattern after another.

What is written in an unusual way (percent-encoded, absolute, with dots) and what is not found is left to aiohttp's
router, so that there is one truth about what an address leads to: an address found here leads where that one leads.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from aiohttp import web
from aiohttp.web_urldispatcher import UrlMappingMatchInfo
from mypy_extensions import mypyc_attr

from middleware.inbound.exchange import Exchange
from middleware.inbound.request_plan import Plan

_WITHIN_A_SEGMENT = re.compile(r"\(\?P<\w+>\[\^[{}]*/\]\+\)")
"""A parameter as aiohttp's patterns have it, where it takes no slash: `(?P<id>[^/]+)`, `(?P<id>[^{}/]+)`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Templated:
    """A route whose address has parameters."""

    matches: Callable[[str], re.Match[str] | None]
    route: web.AbstractRoute
    plan: Plan
    fixed: int


@mypyc_attr(native_class=False)
class Found(UrlMappingMatchInfo):
    """What aiohttp makes of an address that leads somewhere, complete from the start.

    aiohttp makes it, adds the application and freezes it: 0.4 µs, and 0.2 here. `tests/unit/test_turns.py` fails where
    aiohttp's has other parts.
    """

    __slots__ = ()

    def __init__(
        self, parameters: Mapping[str, str] | tuple[()], route: web.AbstractRoute, *, apps: list[web.Application]
    ) -> None:
        """`apps` is the one application, in a list that nobody adds to any more."""
        if parameters:
            self.update(parameters)
        self._route = route
        self._apps = apps
        self._current_app = apps[0]
        self._frozen = True


class Directory:
    """The routes of an application; `plan_of` makes a plan of each, once it is asked."""

    def __init__(self, app: web.Application, plan_of: Callable[[web.AbstractRoute, str], Plan]) -> None:
        self._app = app
        self._apps = [app]
        self._plan_of = plan_of
        self._exact: dict[tuple[str, str], tuple[web.AbstractRoute, Plan]] = {}
        self._templated: dict[tuple[str, int, str], list[_Templated]] = {}
        resources = list(app.router.resources())
        for resource in resources:
            self._add_exact(resource)
        if all(_is_within_segments(resource) for resource in resources):
            for resource in resources:
                self._add_templated(resource)

    def find(self, exchange: Exchange) -> Plan | None:
        """The plan, with aiohttp's `match_info` set; None where aiohttp's router has to look."""
        message = exchange._message  # noqa: SLF001 - its own property of this is deprecated
        path, method = message.path.partition("?")[0], message.method
        exact = self._exact.get((method, path))
        if exact is not None:
            exchange._match_info = Found((), exact[0], apps=self._apps)  # noqa: SLF001 - as aiohttp's Application sets it
            return exact[1]
        if "%" in path or "/." in path or not path.isascii():
            return None
        for one in self._templated.get(_key(method, path), ()):
            match = one.matches(path)
            if match is not None:
                exchange._match_info = Found(match.groupdict(), one.route, apps=self._apps)  # noqa: SLF001 - likewise
                return one.plan
        return None

    async def resolve(self, exchange: Exchange) -> Plan:
        """The plan, as aiohttp's router finds it."""
        found = await self._app.router.resolve(exchange)
        found.add_app(self._app)
        found.freeze()
        exchange._match_info = found  # noqa: SLF001 - likewise
        return self._plan_of(found.route, exchange.method)

    def _add_exact(self, resource: web.AbstractResource) -> None:
        path = resource.get_info().get("path")
        if path is None:
            return
        for route in resource:
            self._exact.setdefault((route.method, path), (route, self._plan_of(route, route.method)))

    def _add_templated(self, resource: web.AbstractResource) -> None:
        template, pattern = resource.canonical, resource.get_info().get("pattern")
        if pattern is None or "{" in template[1:].partition("/")[0]:
            return
        fixed = len(template.partition("{")[0].rpartition("/")[0])
        for route in resource:
            same = self._templated.setdefault(_key(route.method, template), [])
            plan = self._plan_of(route, route.method)
            same.append(_Templated(matches=pattern.fullmatch, route=route, plan=plan, fixed=fixed))
            same.sort(key=lambda one: -one.fixed)  # as aiohttp's router has it: the longest fixed beginning first


def _key(method: str, path: str) -> tuple[str, int, str]:
    """Among which routes an address is looked for: those with as many segments and the same first one."""
    return method, path.count("/"), path[1:].partition("/")[0]


def _is_within_segments(resource: web.AbstractResource) -> bool:
    """Whether each parameter of its address takes no slash: only then is a number of segments that of its addresses."""
    pattern = resource.get_info().get("pattern")
    return pattern is None or re.fullmatch(r"(?:[\w/-]|\\.)*", _WITHIN_A_SEGMENT.sub("", pattern.pattern)) is not None
