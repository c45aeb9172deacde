"""The committed dashboards, read, and the PromQL in them."""

import re
from collections.abc import Iterator

from tests.pictures.grafana_json import Dashboard, Panel, Target, read_dashboard
from tests.source_tree import PROJECT

FILES = sorted((PROJECT / "dashboards").glob("*.json"))
DASHBOARDS = {path.stem: read_dashboard(path) for path in FILES}

SELECTOR = re.compile(r"\b([a-zA-Z_:][\w:]*)\{([^}]*)\}")
_VARIABLES = {"$__rate_interval": "1m", "$__range": "1h", "$__interval": "15s", "$job": ".+", "$instance": ".+"}


def asked() -> Iterator[tuple[Dashboard, Panel, Target]]:
    """Every query of every panel."""
    for dashboard in DASHBOARDS.values():
        for panel in dashboard.panels:
            for target in panel.targets:
                yield dashboard, panel, target


def filled(expr: str) -> str:
    """An expression with values for Grafana's variables."""
    for word, value in _VARIABLES.items():
        expr = expr.replace(word, value)
    return expr


def selectors(expr: str) -> list[tuple[str, str]]:
    """Every series an expression selects: its name and its matchers."""
    return SELECTOR.findall(expr)
