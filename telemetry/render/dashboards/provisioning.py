"""What tells a Grafana where its Prometheus and these dashboards are, each time it starts."""

from collections.abc import Mapping

from telemetry.render.rendition import Rendition
from telemetry.render.rule_yaml import Node, yaml_text

SCRAPE_INTERVAL = "15s"
"""How often Prometheus is expected to scrape: what Grafana makes `$__rate_interval` of."""

# Grafana reads $ as a variable of its environment: two make one. An example's series has the labels of its process.
SPANS_OF_EXAMPLE = "http://$${__data.fields.instance}/debug/requests/$${__value.raw}"


def provisioning_texts(rendition: Rendition) -> Mapping[str, str]:
    """The files for Grafana's provisioning folder, by their path below the output folder."""
    source: dict[str, Node] = {
        "name": "Prometheus",
        "uid": "prometheus",
        "type": "prometheus",
        "access": "proxy",
        "url": rendition.links.prometheus,
        "isDefault": True,
        "jsonData": {
            "httpMethod": "POST",
            "timeInterval": SCRAPE_INTERVAL,
            "exemplarTraceIdDestinations": [
                {"name": "trace_id", "url": SPANS_OF_EXAMPLE, "urlDisplayLabel": "What this request did"}
            ],
        },
    }
    provider: dict[str, Node] = {
        "name": "Mainstay",
        "folder": "Mainstay",
        "type": "file",
        "allowUiUpdates": False,
        "updateIntervalSeconds": 30,
        "options": {"path": rendition.links.dashboards},
    }
    return {
        "dashboards/provisioning/datasources/prometheus.yaml": yaml_text(
            {"apiVersion": 1, "datasources": [source]}, rendition
        ),
        "dashboards/provisioning/dashboards/mainstay.yaml": yaml_text(
            {"apiVersion": 1, "providers": [provider]}, rendition
        ),
    }
