"""Prometheus' configuration: which processes it scrapes, which rules it evaluates, where it sends alerts."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from telemetry.render.rendition import Rendition
from telemetry.render.rule_yaml import Node, yaml_text

INTERVAL_SECONDS = 15.0
"""Four samples a minute: the shortest window of any rule, two minutes, has eight. A scrape costs milliseconds."""

TIMEOUT_SECONDS = 10.0
LEAST_SECONDS = 1.0
"""Scraped more often, at a fast pace of time, a process would mostly answer scrapes."""

SAMPLES_AT_MOST = 50_000
"""Of one process: five times what the largest service has; a scrape past it fails, and TargetDown tells."""


def prometheus_text(rendition: Rendition) -> str:
    """The file; the rules lie beside it."""
    links = rendition.links
    interval = _seconds(INTERVAL_SECONDS, rendition)
    document: Node = {
        "global": {
            "scrape_interval": interval,
            "scrape_timeout": _seconds(TIMEOUT_SECONDS, rendition),
            "evaluation_interval": interval,
            "external_labels": {"environment": rendition.environment},
        },
        "rule_files": ["*.rules.yaml"],
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [_address(links.alertmanager)]}]}]},
        "scrape_configs": [
            {
                "job_name": rendition.job,
                "sample_limit": SAMPLES_AT_MOST,
                # Those that are known are watched for even where they do not answer; each tells of its fellow workers.
                "static_configs": [{"targets": list(rendition.targets)}],
                "http_sd_configs": [{"url": f"http://{target}/targets"} for target in rendition.targets],
            },
            {"job_name": "prometheus", "static_configs": [{"targets": [_address(links.prometheus)]}]},
            {"job_name": "alertmanager", "static_configs": [{"targets": [_address(links.alertmanager)]}]},
            *_balancer(links.balancer),
        ],
    }
    return yaml_text(document, rendition)


def _balancer(url: str) -> Sequence[Node]:
    return [{"job_name": "haproxy", "static_configs": [{"targets": [_address(url)]}]}] if url else []


def _seconds(real: float, rendition: Rendition) -> str:
    return rendition.scale.duration(max(real, LEAST_SECONDS * rendition.scale.factor))


def _address(url: str) -> str:
    return urlsplit(url).netloc
