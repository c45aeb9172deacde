"""What the acceptance tests of the cache serve."""

from typing import Annotated

from server import ANYONE, Indexed, Key, Limit, Model, Resource, Service


class Thing(Model):
    thing_id: Annotated[int, Key()]
    name: Annotated[str, Indexed()]


class Note(Model):
    """Not cached."""

    text: str = ""


service = Service(
    name="cached",
    resources=[
        Resource(Thing, path="/things", access=ANYONE, cache_seconds=1),
        Resource(Thing, path="/kept/things", read=ANYONE, cache_seconds=600),
        Resource(Note, path="/notes", access=ANYONE),
    ],
    read_limit=Limit(1_000_000),
    write_limit=Limit(1_000_000),
)
