"""Dashboards without Grafana: every panel finds what a service measures, and each dashboard can be drawn."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.acceptance.filled_prometheus import MINUTES, filled_prometheus
from tests.pictures.asking import Prometheus, panels_without_data
from tests.pictures.drawn_page import draw_dashboard
from tests.pictures.grafana_json import Dashboard, Panel, read_dashboard
from tests.pictures.screenshot import screenshot
from tests.source_tree import PROJECT

FILES = sorted((PROJECT / "dashboards").glob("*.json"))
PNG = b"\x89PNG\r\n"


@pytest.fixture(scope="module")
async def prometheus(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Prometheus]:
    async with filled_prometheus(tmp_path_factory.mktemp("prometheus")) as filled:
        yield filled


def _one_panel(expr: str) -> Dashboard:
    target = {"refId": "A", "expr": expr, "legendFormat": "{{job}}"}
    place = {"x": 0, "y": 0, "w": 24, "h": 8}
    panel = {"id": 1, "type": "timeseries", "title": "Only", "gridPos": place, "targets": [target]}
    return Dashboard(uid="one", title="One", panels=(Panel.model_validate(panel),))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
async def test_every_panel_shows_what_a_service_measures(prometheus: Prometheus, file: Path) -> None:
    empty = await asyncio.to_thread(panels_without_data, read_dashboard(file), prometheus, MINUTES)

    assert empty == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
async def test_every_dashboard_can_be_drawn(prometheus: Prometheus, file: Path) -> None:
    dashboard = read_dashboard(file)

    drawn = await asyncio.to_thread(draw_dashboard, dashboard, prometheus, MINUTES)

    assert [panel.title for panel in dashboard.panels if panel.title not in drawn] == []
    assert drawn.count("No data") == 0


async def test_a_query_that_finds_nothing_is_told(prometheus: Prometheus) -> None:
    empty = await asyncio.to_thread(panels_without_data, _one_panel("up == 7"), prometheus, MINUTES)

    assert empty == ["One / Only, query A: up == 7"]


async def test_a_value_that_is_no_number_is_no_data(prometheus: Prometheus) -> None:
    empty = await asyncio.to_thread(panels_without_data, _one_panel("0 * up / 0"), prometheus, MINUTES)

    assert empty == ["One / Only, query A: 0 * up / 0"]


async def test_a_query_that_is_no_promql_is_told(prometheus: Prometheus) -> None:
    with pytest.raises(ValueError, match=r"parse error: .*: rate\(up"):
        await asyncio.to_thread(panels_without_data, _one_panel("rate(up"), prometheus, MINUTES)


async def test_a_picture_is_made_of_a_drawing(prometheus: Prometheus, tmp_path: Path) -> None:
    svg = tmp_path / "one.svg"
    svg.write_text(await asyncio.to_thread(draw_dashboard, _one_panel("up"), prometheus, MINUTES))

    await asyncio.to_thread(screenshot, svg, svg.with_suffix(".png"))

    assert svg.with_suffix(".png").read_bytes().startswith(PNG)
