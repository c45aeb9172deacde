"""Alertmanager's configuration: who is told what, how alerts are put together, and which silence which."""

from collections.abc import Mapping, Sequence

from telemetry.render.rendition import Rendition
from telemetry.render.rule_yaml import Node, yaml_text

MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0

_TOKEN_FILE = "secrets/webhook-token"  # noqa: S105 - where a secret lies is none
"""Beside the configuration; what every webhook is called with, as `Authorization: Bearer`."""

CONSEQUENCES = (
    "BreakerOpen",
    "BulkheadFull",
    "CacheDegraded",
    "DependencyErrorRatio",
    "PoolAcquireTimeouts",
    "PoolWaitHigh",
    "RateLimitDegraded",
    "RetryStorm",
    "StaleAnswersServed",
)
"""What follows by itself from a dependency that is down; each has the label `dependency`."""

_SOMEWHERE = ("environment", "service")
"""What an alert and the one it silences share at least."""


def alertmanager_text(rendition: Rendition) -> str:
    """The file."""
    document: Node = {
        "route": _route(rendition),
        "inhibit_rules": _inhibitions(),
        "receivers": [_receiver(name, rendition) for name in ("page", "ticket", "elsewhere", "heartbeat")],
    }
    return yaml_text(document, rendition)


def _route(rendition: Rendition) -> Node:
    duration = rendition.scale.duration
    return {
        # A ticket about each thing that is wrong, once, with all processes it is wrong on; again after three days.
        "receiver": "ticket",
        "group_by": [*_SOMEWHERE, "alertname", "dependency"],
        "group_wait": duration(MINUTE),
        "group_interval": duration(10 * MINUTE),
        "repeat_interval": duration(3 * DAY),
        "routes": [
            {
                # The dead man's switch raises the alarm when this stops coming.
                "matchers": ['alertname="Watchdog"'],
                "receiver": "heartbeat",
                "group_wait": "0s",
                "group_interval": duration(MINUTE),
                "repeat_interval": duration(MINUTE),
            },
            {
                # What no label places is production: a label that was forgotten must not cost anybody a page.
                "matchers": ['environment=~".+"', 'environment!="production"'],
                "receiver": "elsewhere",
            },
            {
                # One page an incident: whatever pages of one service within seconds is one thing that is wrong.
                "matchers": ['severity="page"'],
                "receiver": "page",
                "group_by": list(_SOMEWHERE),
                "group_wait": duration(10),
                "group_interval": duration(5 * MINUTE),
                "repeat_interval": duration(4 * HOUR),
            },
        ],
    }


def _inhibitions() -> Sequence[Node]:
    return [
        # Nothing that is left of a service that is gone tells anything.
        _silences('alertname="ServiceDown"', ['alertname!~"ServiceDown|Watchdog"'], equal=_SOMEWHERE),
        # Nor of one process, but a ticket silences no page. Labels that both lack count as equal, hence `.+`.
        _silences(
            'alertname="TargetDown"',
            ['alertname!="TargetDown"', 'severity!="page"', 'instance=~".+"'],
            equal=(*_SOMEWHERE, "instance"),
        ),
        # The promise somebody was woken for needs no ticket besides.
        _silences('severity="page"', ['severity="ticket"', 'sli=~".+"'], equal=(*_SOMEWHERE, "sli")),
        _silences(
            'alertname="DependencyDown"',
            [f'alertname=~"{"|".join(CONSEQUENCES)}"'],
            equal=(*_SOMEWHERE, "dependency"),
        ),
        # What was to come has come.
        _silences(
            'alertname="CertificateExpired"',
            ['alertname=~"CertificateExpiresSoon|CertificateRenewalFailed"'],
            equal=(*_SOMEWHERE, "instance"),
        ),
        # Past its budget, waiting has become failing.
        _silences('alertname="PoolAcquireTimeouts"', ['alertname="PoolWaitHigh"'], equal=(*_SOMEWHERE, "pool")),
    ]


def _silences(source: str, targets: Sequence[str], *, equal: Sequence[str]) -> Mapping[str, Node]:
    return {"source_matchers": [source], "target_matchers": list(targets), "equal": list(equal)}


def _receiver(name: str, rendition: Rendition) -> Node:
    webhook: Node = {
        "url": f"{rendition.links.webhooks}/{name}",
        "send_resolved": name != "heartbeat",
        "http_config": {"authorization": {"credentials_file": _TOKEN_FILE}},
    }
    return {"name": name, "webhook_configs": [webhook]}
