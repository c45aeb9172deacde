"""The docs page in a real browser: all of the service on it, and nothing a strict policy forbids."""

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from server.identity.key_routes import KEY_ROUTES
from tests.acceptance.browser import Page, open_page
from tests.acceptance.service_process import service

OPERATIONS = 3 * len(("list", "read", "create", "replace", "update", "delete")) + len(("opening",)) + len(KEY_ROUTES)
FILE = Path(__file__).with_name("gallery.py")
LIST = "#operations-pictures-list_pictures"


@pytest.fixture(scope="module")
async def address(fast_folder: Path) -> AsyncIterator[str]:
    async with service(FILE, fast_folder / "docs") as running:
        yield running.base_url


@pytest.fixture
async def page(address: str, tmp_path: Path) -> AsyncIterator[Page]:
    async with open_page(f"{address}/docs", tmp_path) as page:
        await page.wait_until("document.querySelectorAll('.opblock').length")
        yield page


async def test_every_operation_is_on_the_page_without_a_complaint_or_a_foreign_request(page: Page) -> None:
    await page.click(f"{LIST} .opblock-summary-control")
    await page.click(f"{LIST} .model-example [data-name=model]")
    await page.wait_until(f"document.querySelector('{LIST} .json-schema-2020-12')")

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


async def test_an_operation_can_be_tried_on_the_page(page: Page) -> None:
    await page.click(f"{LIST} .opblock-summary-control")
    await page.click(f"{LIST} .try-out__btn")

    await page.click(f"{LIST} .execute")

    await page.wait_until(f"document.querySelector('{LIST} .live-responses-table .response-col_status')")
    status = await page.evaluate(f"document.querySelector('{LIST} .live-responses-table tbody').innerText")
    assert status.startswith("200")


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
