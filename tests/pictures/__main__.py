"""Draws dashboards over the last minutes of a live Prometheus."""

import argparse
import time
from pathlib import Path

from tests.pictures.asking import Prometheus, Span, panels_without_data
from tests.pictures.drawn_page import draw_dashboard
from tests.pictures.grafana_json import read_dashboard
from tests.pictures.screenshot import screenshot


def main() -> None:
    """An SVG and a PNG of each dashboard, and what had no data."""
    words = argparse.ArgumentParser(prog="python -m tests.pictures", description=__doc__)
    words.add_argument("dashboards", nargs="+", type=Path, help="their JSON files")
    words.add_argument("--prometheus", default="http://127.0.0.1:9090")
    words.add_argument("--minutes", type=float, default=10.0, help="how far back they show")
    words.add_argument("--until", type=float, default=0.0, help="seconds since 1970 they end at; now, by itself")
    words.add_argument("--scrape-seconds", type=float, default=15.0, help="how often that Prometheus scrapes")
    words.add_argument("--rows", type=int, default=None, help="how many rows are drawn; all, by itself")
    words.add_argument("--into", type=Path, default=Path(), help="the folder they are written to")
    told = words.parse_args()
    end = told.until or time.time()
    span = Span(start=end - told.minutes * 60, end=end, scrape_seconds=told.scrape_seconds)
    prometheus = Prometheus(url=told.prometheus)
    told.into.mkdir(parents=True, exist_ok=True)
    for file in told.dashboards:
        dashboard = read_dashboard(file)
        svg = told.into / f"{file.stem}.svg"
        svg.write_text(draw_dashboard(dashboard, prometheus, span, told.rows))
        screenshot(svg, svg.with_suffix(".png"))
        print("\n".join([str(svg), *panels_without_data(dashboard, prometheus, span)]))  # noqa: T201 - this is a command


if __name__ == "__main__":
    main()
