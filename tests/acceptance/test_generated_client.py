"""A client library generated from a running service's own document does the service's work."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest

from tests.acceptance.generated_client import GeneratedClient, connected, generate
from tests.acceptance.service_process import service

PACKAGE = "gallery_client"
FILE = Path(__file__).with_name("gallery.py")


@pytest.fixture(scope="module")
async def address(fast_folder: Path) -> AsyncIterator[str]:
    async with service(FILE, fast_folder / "client") as running:
        yield running.base_url


@pytest.fixture(scope="module")
async def document(address: str) -> bytes:
    async with aiohttp.ClientSession() as session, session.get(f"{address}/openapi.json") as response:
        return await response.read()


@pytest.fixture(scope="module")
async def said(document: bytes, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    folder = tmp_path_factory.mktemp("client")
    return await generate(document, folder, package=PACKAGE), folder


@pytest.fixture
async def client(address: str, said: tuple[str, Path]) -> AsyncIterator[GeneratedClient]:
    async with connected(said[1], PACKAGE, base_url=address) as client:
        yield client


async def paint(client: GeneratedClient, title: str, **fields: Any) -> Any:
    """A picture made by the client, its artist too."""
    named = client.models.ArtistCreate(name=f"Painter of {title}")
    artist = (await client.call("create_artist", body=named)).parsed
    body = client.models.PictureCreate(title=title, artist_id=artist.artist_id, **fields)
    return await client.call("create_picture", body=body)


async def test_the_generator_has_nothing_to_say_against_the_document(
    client: GeneratedClient, said: tuple[str, Path], document: bytes
) -> None:
    paths = orjson.loads(document)["paths"].values()

    operation_ids = [
        operation["operationId"] for item in paths for method, operation in item.items() if method != "parameters"
    ]

    assert ("WARNING" in said[0], client.operation_ids) == (False, sorted(operation_ids))


async def test_it_creates_and_reads_a_record_with_its_types(client: GeneratedClient) -> None:
    moment = datetime(1914, 7, 28, 11, 10, tzinfo=UTC)
    frame = client.models.FrameInput(width="3.50")

    made = await paint(client, "Cat and Bird", price="1250.00", painted_at=moment, tags=["cat"], frame=frame)

    read = await client.call("read_picture", id=made.parsed.id, expand=[client.models.PictureExpansion.ARTIST])
    picture = read.parsed
    assert (made.status_code, made.headers["location"], made.headers["etag"], read.headers["etag"] != "") == (
        201,
        f"/pictures/{picture.id}",
        made.headers["etag"],
        True,
    )
    assert (picture.price, picture.painted_at, picture.tags, picture.status, picture.frame.width) == (
        "1250.00",
        moment,
        ["cat"],
        client.models.PictureStatus.SHOWN,
        "3.50",
    )
    assert picture.artist.name == "Painter of Cat and Bird"


async def test_it_walks_a_filtered_and_sorted_list_page_by_page(client: GeneratedClient) -> None:
    for title, price in (("Stairs I", "10.00"), ("Stairs II", "30.00"), ("Stairs III", "20.00"), ("Door", "5.00")):
        await paint(client, title, price=price)
    question = {
        "titlelike": "Stairs*",
        "pricegte": "10",
        "sort": [client.models.PicturesSortKey.PRICE_DESCENDING],
        "prefer": "count=exact",
        "limit": 2,
    }

    first = (await client.call("list_pictures", **question)).parsed
    second = (await client.call("list_pictures", **question, cursor=first.next_)).parsed

    assert [picture.title for page in (first, second) for picture in page.items] == [
        "Stairs II",
        "Stairs III",
        "Stairs I",
    ]
    assert (first.total, second.next_) == (3, None)


async def test_it_patches_only_the_version_it_has_seen(client: GeneratedClient) -> None:
    made = await paint(client, "Senecio", price="70.00", tags=["face"])
    sold = client.models.PicturePatch(status=client.models.PictureStatus.SOLD)

    changed = await client.call("update_picture", id=made.parsed.id, body=sold, if_match=made.headers["etag"])
    too_late = await client.call("update_picture", id=made.parsed.id, body=sold, if_match=made.headers["etag"])

    assert (changed.status_code, changed.parsed.status.value, changed.parsed.tags) == (200, "sold", ["face"])
    assert (too_late.status_code, too_late.parsed.title, too_late.headers["etag"]) == (
        412,
        "Precondition failed",
        changed.headers["etag"],
    )


async def test_it_replaces_a_record_and_makes_one_under_a_key_of_its_own(client: GeneratedClient) -> None:
    body = client.models.ArtistReplace(name="Hilma")

    made = await client.call("replace_artist", artist_id=1862, body=body, if_none_match="*")
    body.name = "Hilma af Klint"
    replaced = await client.call("replace_artist", artist_id=1862, body=body)

    assert (made.status_code, replaced.status_code, replaced.parsed.artist_id, replaced.parsed.name) == (
        201,
        200,
        1862,
        "Hilma af Klint",
    )


async def test_it_deletes_a_record_once(client: GeneratedClient) -> None:
    made = await paint(client, "Fish Magic", price="99.00")

    deleted = await client.call("delete_picture", id=made.parsed.id)
    again = await client.call("delete_picture", id=made.parsed.id)

    assert (deleted.status_code, deleted.parsed, again.status_code, again.parsed.type_) == (
        204,
        None,
        404,
        "urn:mainstay:problem:not_found",
    )


async def test_a_refusal_comes_typed_with_every_fault(client: GeneratedClient) -> None:
    body = client.models.PictureCreate(title="", artist_id=1, price="-1")

    refused = await client.call("create_picture", body=body)

    assert (refused.status_code, sorted(fault.pointer for fault in refused.parsed.errors)) == (
        422,
        ["/price", "/title"],
    )


async def test_what_needs_credentials_is_refused_without_a_known_token(client: GeneratedClient) -> None:
    refused = await client.call("list_ledger")

    assert (refused.status_code, refused.parsed.title) == (401, "Authentication required")


async def test_it_calls_a_route_of_the_team_s_own(client: GeneratedClient) -> None:
    answer = await client.call("opening")

    assert (answer.status_code, answer.parsed.open_) == (200, True)
