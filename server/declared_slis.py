"""From the objectives a service declares to what is counted for each: its name, and the addresses it covers."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain

from server.service import METHODS, Resource, Route, Service, words_of_path
from storage.model import Model
from storage.record_type import RecordType
from telemetry.objectives import Covered, Objective, Sli

Types = Mapping[type[Model], RecordType]


def slis_of(service: Service, types: Types) -> tuple[Sli, ...]:
    """What is counted, that of the whole service first; a service without mistakes has a name of its own for each."""
    parts: Sequence[Resource | Route] = (*service.resources, *service.routes)
    covers = [tuple(_covered(part, types)) for part in parts]
    found = list(_slis(service.objectives, about="", covers=tuple(chain(*covers))))
    for part, covered in zip(parts, covers, strict=True):
        found += _slis(part.objectives, about=about(part), covers=covered)
    return tuple(found)


def about(part: Resource | Route) -> str:
    """What an objective of it is about: `/products`, `POST /checkout`."""
    return part.path if isinstance(part, Resource) else f"{part.method} {part.path}"


def sli_name(objective: Objective, about: str) -> str:
    """`availability` of the whole service, `products_availability` or `post_checkout_latency` of a part of it."""
    kind = type(objective).__name__.lower()
    return f"{words_of_path(about)}_{kind}" if about else kind


def _slis(objectives: Iterable[Objective], *, about: str, covers: tuple[Covered, ...]) -> Iterator[Sli]:
    for objective in objectives:
        yield Sli(name=sli_name(objective, about), about=about, objective=objective, covers=covers)


def _covered(part: Resource | Route, types: Types) -> Iterator[Covered]:
    """Every address of it; HEAD is GET's, OPTIONS is answered without any work."""
    if isinstance(part, Route):
        addresses = [(part.method, part.path)]
    else:
        key = types[part.model].key.name
        addresses = [(METHODS[action], part.address_of(action, key)) for action in part.actions]
    for method, template in addresses:
        yield method, template
        if method == "GET":
            yield "HEAD", template
