"""The same for a Prometheus Operator: rules, and which processes are scraped, as Kubernetes objects."""

from collections.abc import Mapping, Sequence

from telemetry.render.rendition import Rendition
from telemetry.render.rule_yaml import Node, group_node, yaml_text
from telemetry.render.rules import RuleGroup
from telemetry.render.scrape_config import INTERVAL_SECONDS, SAMPLES_AT_MOST, TIMEOUT_SECONDS

FOLDER = "alerts/kubernetes"


def operator_texts(groups: Sequence[RuleGroup], rendition: Rendition) -> Mapping[str, str]:
    """Each file's text by its path; the folder is a kustomization of its own."""
    documents: Mapping[str, Node] = {
        "kustomization.yaml": {
            "apiVersion": "kustomize.config.k8s.io/v1beta1",
            "kind": "Kustomization",
            "resources": ["prometheusrule.yaml", "servicemonitor.yaml"],
        },
        "prometheusrule.yaml": {
            "apiVersion": "monitoring.coreos.com/v1",
            "kind": "PrometheusRule",
            "metadata": _metadata(rendition),
            "spec": {"groups": [group_node(group, rendition) for group in groups]},
        },
        "servicemonitor.yaml": {
            "apiVersion": "monitoring.coreos.com/v1",
            "kind": "ServiceMonitor",
            "metadata": _metadata(rendition),
            "spec": {
                # The rules and the dashboards ask for this job.
                "jobLabel": "app.kubernetes.io/name",
                "selector": {
                    "matchLabels": {"app.kubernetes.io/name": rendition.job, "app.kubernetes.io/component": "admin"}
                },
                "sampleLimit": SAMPLES_AT_MOST,
                "endpoints": [
                    {
                        "port": "admin",
                        "interval": rendition.scale.duration(INTERVAL_SECONDS),
                        "scrapeTimeout": rendition.scale.duration(TIMEOUT_SECONDS),
                    }
                ],
            },
        },
    }
    return {f"{FOLDER}/{name}": yaml_text(document, rendition) for name, document in documents.items()}


def _metadata(rendition: Rendition) -> Node:
    return {"name": rendition.job, "labels": {"app.kubernetes.io/name": rendition.job}}
