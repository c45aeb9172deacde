"""The docs page in a real browser: all of the service on it, and nothing a strict policy forbids."""

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import orjson
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from server.docs_page import docs_routes, index_routes
from server.openapi import openapi_document
from tests.acceptance.browser import Page, open_page
from tests.unit.openapi_service import SERVICE, TYPES

OPERATIONS = 30
READ = "#operations-products-read_product"


@pytest.fixture
async def page(tmp_path: Path) -> AsyncIterator[Page]:
    app = web.Application()
    app.add_routes([*docs_routes(orjson.dumps(openapi_document(SERVICE, TYPES))), *index_routes(SERVICE)])
    async with TestServer(app) as server, open_page(str(server.make_url("/docs")), tmp_path) as page:
        await page.wait_until("document.querySelectorAll('.opblock').length")
        yield page


async def test_every_operation_is_on_the_page_without_a_complaint_or_a_foreign_request(page: Page) -> None:
    await page.evaluate(f"document.querySelector('{READ} .opblock-summary-control').click()")
    await page.wait_until(f"document.querySelector('{READ} .responses-wrapper .model-example')")

    shown = await page.evaluate("document.querySelectorAll('.opblock').length")

    asked = [urlsplit(address) for address in page.requests if not address.startswith("data:")]
    assert (shown, page.complaints, len({address.netloc for address in asked})) == (OPERATIONS, [], 1)
    # When a browser asks for a page's icon is its own affair.
    assert {address.path for address in asked} - {"/docs/icon.svg"} == {
        "/docs",
        "/docs/docs.css",
        "/docs/docs.js",
        "/docs/swagger-ui-bundle.js",
        "/docs/swagger-ui.css",
        "/openapi.json",
    }


async def test_the_page_bears_the_service_s_name(page: Page) -> None:
    await page.wait_until("document.title == 'gallery'")


@pytest.mark.parametrize(
    "trick",
    [
        "document.body.setAttribute('style', 'color: red')",
        "document.body.appendChild(Object.assign(document.createElement('script'), {text: 'window.tricked = 1'}))",
        "document.body.appendChild(Object.assign(new Image(), {src: 'https://example.com/pixel.png'}))",
    ],
)
async def test_the_page_s_policy_stops_what_is_inline_or_from_elsewhere(page: Page, trick: str) -> None:
    await page.evaluate(f"new Promise(done => {{ addEventListener('securitypolicyviolation', done); {trick} }})")

    complaint = await page.complaint()

    assert "Content Security Policy" in complaint
