"""The document's introduction: its examples are questions this very service answers."""

import re
from collections.abc import Sequence
from dataclasses import replace

import pytest
from pydantic import Field

from server.identity.access import ANYONE
from server.openapi import openapi_document
from server.requests.cursor import Cursors
from server.requests.list_query import QueryReader
from server.requests.query_fields import filterable_fields, sortable_fields
from server.service import Resource, Service
from storage.describe import describe_all
from storage.model import Model
from tests.unit.openapi_service import SERVICE, Artist, Category, Note, Product


class Bare(Model):
    words: str = Field(max_length=3)


def introduction(service: Service) -> str:
    types = describe_all([resource.model for resource in service.resources])
    info = openapi_document(service, types)["info"]
    assert isinstance(info, dict)
    return str(info["description"])


def reader(resource: Resource) -> QueryReader:
    record_type = describe_all([Product, Artist, Category, Note, Bare])[resource.model]
    return QueryReader(
        record_type,
        filterable=[field.name for field in filterable_fields(resource, record_type)],
        sortable=[field.name for field in sortable_fields(resource, record_type)],
        cursors=Cursors(b"secret", resource.path),
    )


SERVICES: Sequence[Service] = (
    SERVICE,
    replace(SERVICE, resources=[one for one in SERVICE.resources if one.model is Artist], routes=()),
    Service(name="notes", resources=[Resource(Note, path="/notes", access=ANYONE)]),
    Service(name="bare", resources=[Resource(Bare, path="/bares", access=ANYONE)]),
    Service(name="shut", resources=[Resource(Bare, path="/bares", access=ANYONE, filterable=[], sortable=[])]),
)


@pytest.mark.parametrize("service", SERVICES, ids=lambda service: f"{service.name}{len(service.resources)}")
def test_every_example_of_a_list_is_a_question_the_service_takes(service: Service) -> None:
    text = introduction(service)

    (path, whole) = re.findall(r"`GET (/\S+?)\?(\S+)`", text)[0]
    resource = next(one for one in service.resources if one.path == path)
    examples = [whole, *re.findall(r"`(\w+(?:\[\w+\])?=[^`]+)`", text.partition("### Writing")[0])]
    for example in examples:
        if not example.startswith("count="):
            reader(resource).listing(example, count=False)
    assert len(examples) > 1


def test_a_service_whose_lists_nobody_sees_says_nothing_of_lists() -> None:
    service = Service(name="notes", resources=[Resource(Note, path="/notes", write=ANYONE)])

    assert introduction(service).startswith("### Writing")


def test_a_list_nobody_can_filter_or_sort_is_not_said_to_be() -> None:
    text = introduction(SERVICES[-1])

    assert text.startswith("### Lists\nA page has `limit` records")
