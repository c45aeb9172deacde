"""What a team declares: a service and its parts, as frozen values; nothing runs on import."""

import re
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from aiohttp import web
from pydantic import BaseModel

from middleware.inbound.cors import Cors
from middleware.inbound.priorities import Priority
from middleware.inbound.quota import Limit
from middleware.outbound.upstream_policy import UpstreamPolicy
from server.identity.access import Access
from storage.model import Model
from telemetry.objectives import Objective

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
Action = Literal["list", "read", "create", "replace", "update", "delete"]
Idempotency = Literal["optional", "required", "none"]
RouteHandler = Callable[[web.Request], Awaitable[Any]]

_SEPARATORS = re.compile(r"[^A-Za-z0-9]+")

METHODS: Mapping[Action, Method] = {
    "list": "GET",
    "read": "GET",
    "create": "POST",
    "replace": "PUT",
    "update": "PATCH",
    "delete": "DELETE",
}
"""The method each action is asked for with."""

READS: tuple[Action, ...] = ("list", "read")
REPEATABLE: tuple[Method, ...] = ("POST", "PATCH")
"""The methods that may do a thing twice when they are sent twice: those that take an Idempotency-Key."""

WRITES: tuple[Action, ...] = ("create", "replace", "update", "delete")

READ_LIMIT = Limit(1000, per_seconds=1, burst=2000)
WRITE_LIMIT = Limit(500, per_seconds=1, burst=1000)
"""For each caller unless told otherwise. They stop one runaway client and nobody else: an office or a carrier behind
one address has hundreds of people, each a few requests a second, while one process answers a few thousand. A write
costs the database a flush, so half. A team that knows its callers declares less."""


@dataclass(frozen=True, slots=True)
class Resource:
    """A model served as a REST collection at `path`.

    `access` covers every action, `read` lists and reads, `write` creates, replaces, updates and deletes, and `list`,
    `create`, `update` and `delete` one each; the narrowest word wins. Who may create and update may also replace, as
    PUT does either. An action no word covers is not offered (405), and a Route may stand in its place.
    `filterable` and `sortable` name the fields callers may filter and sort by; None is every field with an index behind
    it. `cache_seconds` is how long an answer may be reused: here until something it shows is written, elsewhere to its
    end.

    `limit` is what each caller may ask of the resource, `read_limit` and `write_limit` the same for reads and writes;
    the narrower wins, and without any the service's holds. A request takes `cost` from it.

    POST and PATCH take an Idempotency-Key; `idempotency="required"` refuses those that bring none.

    While more requests come than can be answered, those of `priority` "sheddable" are refused first, "critical" last.

    `audited=True` writes down who changed which record, in the statement that changes it, whatever path it takes.

    `objectives` are what is promised of its requests alone, beside what the service promises of all of them.
    """

    model: type[Model]
    path: str
    access: Access | None = None
    read: Access | None = None
    write: Access | None = None
    filterable: Sequence[str] | None = None
    sortable: Sequence[str] | None = None
    cache_seconds: int = 0
    description: str = ""
    limit: Limit | None = None
    read_limit: Limit | None = None
    write_limit: Limit | None = None
    cost: int = 1
    idempotency: Idempotency = "optional"
    priority: Priority = "default"
    audited: bool = False
    list: Access | None = None
    create: Access | None = None
    update: Access | None = None
    delete: Access | None = None
    objectives: Sequence[Objective] = ()

    def access_to(self, action: Action) -> Access | None:
        """Who may do `action`; None where it is not offered."""
        if action == "replace":
            return _both(self.access_to("create"), self.access_to("update"))
        words = self.words
        wider = "read" if action in READS else "write"
        return next((word for name in (action, wider, "access") if (word := words.get(name)) is not None), None)

    @property
    def words(self) -> Mapping[str, Access | None]:
        """The access words it was given, by what they are called."""
        names = ("access", "read", "write", "list", "create", "update", "delete")
        return {name: getattr(self, name) for name in names}

    def address_of(self, action: Action, key: str) -> str:
        """`/products` for the collection, `/products/{id}` for one record, where its key is called `id`."""
        return self.path if action in ("list", "create") else f"{self.path}/{{{key}}}"

    @property
    def area(self) -> str:
        """What a key may be restricted to: `products` for `/products`."""
        return self.path.strip("/")

    @property
    def is_cached(self) -> bool:
        """Whether answers are kept for the next who asks."""
        return self.cache_seconds > 0

    @property
    def actions(self) -> tuple[Action, ...]:
        """The actions offered, reads first."""
        return tuple(action for action in (*READS, *WRITES) if self.access_to(action) is not None)


def _both(one: Access | None, other: Access | None) -> Access | None:
    """Whom both words admit; None where one of them is not there."""
    if one is None or other is None or one == other:
        return None if other is None else one
    return one & other


@dataclass(frozen=True, slots=True)
class Route:
    """Business logic at an address of its own.

    `handler` is a plain aiohttp handler. `accepts` is the body's model (read it with `server.body`), `parameters`
    the query's (`server.query`), `returns` the answer's: a handler may return that model, a list of them, None
    (204) or an aiohttp response. A path parameter that stands where a resource has its key, as `{id}` in
    `/orders/{id}/pay`, is checked to be one. `timeout_seconds` is how long a request may
    take where that is not what MAINSTAY_REQUEST_SECONDS says.
    Each caller may ask for what `limit` says, by default the service's, and
    a request takes `cost` from it.

    A POST or PATCH takes an Idempotency-Key, and then all its handler does through `server.store` is one transaction;
    `idempotency="required"` refuses requests without one, `"none"` takes none.

    While more requests come than can be answered, those of `priority` "sheddable" are refused first, "critical" last.

    `objectives` are what is promised of its requests alone, beside what the service promises of all of them.
    """

    method: Method
    path: str
    handler: RouteHandler
    accepts: type[BaseModel] | None = None
    parameters: type[BaseModel] | None = None
    returns: Any = None
    access: Access | None = None
    status: int | None = None
    summary: str = ""
    timeout_seconds: float | None = None
    limit: Limit | None = None
    cost: int = 1
    idempotency: Idempotency = "optional"
    priority: Priority = "default"
    objectives: Sequence[Objective] = ()


@dataclass(frozen=True, slots=True)
class Upstream:
    """Another service this one calls over HTTP: `upstream(request, payments)` gives a handler its client.

    The environment variable `base_url_env` says where it is; without it, `base_url` does, which is meant for
    development. `bearer_env` names the variable with the bearer token it is called with, where it wants one.
    """

    name: str
    base_url_env: str
    base_url: str = ""
    bearer_env: str = ""
    policy: UpstreamPolicy = field(default_factory=UpstreamPolicy)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """Where in a token's claims stands what: `realm_access.roles` is `roles` inside `realm_access`.

    Roles are a list, or a text with spaces between them. Where a tenant is asked for, a token without one is refused.
    """

    subject_claim: str = "sub"
    roles_claim: str = "roles"
    tenant_claim: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    """People sign up and in with a name and a password, at addresses under `/identity`.

    Whoever signs up holds `roles`; with `sign_up=False` nobody signs up. An access token lives for
    `access_minutes` and is renewed with a refresh token. A session ends when nobody has done so for `idle_days`, and
    after `session_days` whatever is done.
    """

    sign_up: bool = True
    roles: Sequence[str] = ()
    access_minutes: int = 10
    idle_days: int = 30
    session_days: int = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """A whole service, declared as one value.

    Pages of other sites may call it from a browser as far as `cors` says; None is not at all.
    Each caller may read and write as `read_limit` and `write_limit` say, wherever nothing narrower is declared; None is
    no limit. Whoever holds a role of `limit_factors`, as `{"partner": 10}`, has so many times every limit, the most of
    its roles' where it holds several; a key may say otherwise for itself. `identity` says where tokens name
    whom they speak for; who signs them is set where the service runs. With `accounts` the service has people of its
    own. `objectives` are what is promised of all its requests together, over 30 days. `roles` are those that nothing
    here names, as only what a handler does depends on them: a key for a role that is named nowhere is refused.
    """

    name: str
    resources: Sequence[Resource] = ()
    routes: Sequence[Route] = ()
    upstreams: Sequence[Upstream] = ()
    version: str = "1.0.0"
    description: str = ""
    cors: Cors | None = None
    read_limit: Limit | None = READ_LIMIT
    write_limit: Limit | None = WRITE_LIMIT
    limit_factors: Mapping[str, float] = field(default_factory=dict)
    identity: Tokens = Tokens()
    accounts: Accounts | None = None
    objectives: Sequence[Objective] = ()
    roles: Sequence[str] = ()

    def limit_factor(self, roles: Collection[str]) -> float:
        """How many times the declared limits whoever holds these roles has."""
        return max((factor for name, factor in self.limit_factors.items() if name in roles), default=1.0)


def words_of_path(path: str) -> str:
    """`/admin/order-lines/{id}` → `admin_order_lines_id`."""
    return _SEPARATORS.sub("_", path).strip("_").lower()


def area_of(route: Route, service: Service) -> str:
    """What a key restricted to some resources must name to call the route: the resource it lies under.

    `/orders/{id}/pay` belongs to `orders`; a route under no resource is named by the first part of its path.
    """
    path = f"{route.path}/"
    above = [resource.area for resource in service.resources if path.startswith(f"{resource.path}/")]
    return max(above, key=len) if above else route.path.strip("/").split("/")[0]
