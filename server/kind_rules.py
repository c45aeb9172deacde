"""Values of another kind than the declaration asks for: told first, and kept from those who look at what they say."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from server.resource_rules import name_of
from server.route_rules import label_of
from server.service import Accounts, Resource, Route, Service, Tokens, Upstream
from storage.mistakes import Mistake

Part = Service | Resource | Route | Upstream | Tokens | Accounts

NAMELESS = "service"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of value: which are of it, and what it is called."""

    holds: Callable[[object], bool]
    called: str


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _are_names(value: object) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(one, str) for one in value)


TEXT = Kind(holds=lambda value: isinstance(value, str), called="a text")
SAID_TEXT = Kind(holds=lambda value: isinstance(value, str) and value != "", called="a text that says something")
TRUTH = Kind(holds=lambda value: isinstance(value, bool), called="True or False")
WHOLE = Kind(holds=_is_whole, called="a whole number")
STATUS = Kind(holds=lambda value: value is None or _is_whole(value), called="a status such as 201")
SECONDS = Kind(holds=lambda value: value is None or _is_number(value), called="a number of seconds")
NAMES = Kind(holds=lambda value: value is None or isinstance(value, str) or _are_names(value), called="a list of names")
TOKENS = Kind(holds=lambda value: isinstance(value, Tokens), called="Tokens(…)")

_KINDS: Mapping[type, Mapping[str, Kind]] = {
    Service: {"name": TEXT, "version": TEXT, "description": TEXT, "identity": TOKENS},
    Resource: {"path": TEXT, "description": TEXT, "filterable": NAMES, "sortable": NAMES, "audited": TRUTH},
    Route: {"method": TEXT, "path": TEXT, "summary": TEXT, "status": STATUS, "timeout_seconds": SECONDS},
    Upstream: {"name": TEXT, "base_url_env": TEXT, "base_url": TEXT, "bearer_env": TEXT},
    Tokens: {"subject_claim": SAID_TEXT, "roles_claim": TEXT, "tenant_claim": TEXT},
    Accounts: {"sign_up": TRUTH, "access_minutes": WHOLE, "idle_days": WHOLE, "session_days": WHOLE},
}


def kind_mistakes(service: Service) -> Iterator[Mistake]:
    """Every value of a service or its parts that is of another kind."""
    for where, part in _parts(service):
        for word, kind in _KINDS[type(part)].items():
            value = getattr(part, word)
            if not kind.holds(value):
                yield Mistake(where=where, detail=f"{word} is {kind.called}, not {value!r}", about=part)


def without(service: Service, mistakes: Sequence[Mistake]) -> Service:
    """The service without the parts that the mistakes are about; what its own rules look at is of its kind."""
    wrong = {id(mistake.about) for mistake in mistakes}
    return replace(
        service,
        resources=[one for one in service.resources if id(one) not in wrong],
        routes=[one for one in service.routes if id(one) not in wrong],
        upstreams=[one for one in service.upstreams if id(one) not in wrong],
        accounts=None if id(service.accounts) in wrong else service.accounts,
        name=service.name if TEXT.holds(service.name) else NAMELESS,
        identity=service.identity if TOKENS.holds(service.identity) else Tokens(),
    )


def _parts(service: Service) -> Iterator[tuple[str, Part]]:
    yield f"Service {service.name!r}", service
    yield from ((name_of(resource), resource) for resource in service.resources)
    yield from ((label_of(route), route) for route in service.routes)
    yield from ((f"Upstream({upstream.name!r})", upstream) for upstream in service.upstreams)
    for one in (service.identity, service.accounts):
        if isinstance(one, Tokens | Accounts):
            yield type(one).__name__, one
