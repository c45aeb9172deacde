"""`mainstay render`: its options; it imports only what it needs, as in `server/cli.py`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

File = Annotated[Path, typer.Argument(metavar="FILE", help="The Python file that declares the service.")]
Out = Annotated[Path, typer.Option(metavar="DIR", help="Write alerts/, dashboards/ and docs/metrics.md there.")]
Check = Annotated[bool, typer.Option("--check", help="Write nothing; end with 1 where a file differs.")]
Job = Annotated[str, typer.Option(metavar="NAME", help="Its job in Prometheus; the service's name unless given.")]
Targets = Annotated[
    list[str] | None,
    typer.Option(
        "--target", metavar="HOST:PORT", help="An admin port to scrape, localhost:8081 unless given; more than once."
    ),
]
Environment = Annotated[str, typer.Option(metavar="NAME", help="What Prometheus labels its alerts with.")]
Runbooks = Annotated[str, typer.Option(metavar="URL", help="Where the runbooks lie: URL/AlertName.md.")]
Grafana = Annotated[str, typer.Option(metavar="URL", help="Where Grafana is.")]
Prometheus = Annotated[str, typer.Option(metavar="URL", help="Where Grafana finds Prometheus.")]
Alertmanager = Annotated[str, typer.Option(metavar="URL", help="Where Prometheus finds Alertmanager.")]
Webhooks = Annotated[
    str, typer.Option(metavar="URL", help="Where alerts go: URL/page, /ticket, /elsewhere, /heartbeat.")
]
Dashboards = Annotated[str, typer.Option(metavar="DIR", help="Where Grafana finds the dashboards' JSON.")]
Balancer = Annotated[
    str, typer.Option(metavar="URL", help="Where Prometheus finds HAProxy's /metrics; none unless given.")
]
Times = Annotated[
    float, typer.Option(min=1, metavar="TIMES", help="Divide every duration; to try alerts out, not to run them.")
]


def render(  # noqa: PLR0913 - one parameter an option
    file: File,
    *,
    out: Out = Path(),
    check: Check = False,
    job: Job = "",
    target: Targets = None,
    environment: Environment = "production",
    runbooks: Runbooks = "alerts/runbooks",
    grafana: Grafana = "http://localhost:3000",
    prometheus: Prometheus = "http://localhost:9090",
    alertmanager: Alertmanager = "http://localhost:9093",
    webhooks: Webhooks = "http://localhost:9099",
    dashboards: Dashboards = "/var/lib/grafana/dashboards",
    balancer: Balancer = "",
    scale: Times = 1,
) -> None:
    """Write what those who operate FILE's service install: alert rules, the configurations of Prometheus and
    Alertmanager, dashboards; --check says what has changed since.
    """
    if wrong := [one for one in target or () if not _is_place(one)]:
        raise typer.BadParameter(f"{', '.join(wrong)}: give HOST:PORT, such as 10.0.3.7:8081", param_hint="--target")
    from server.commands.render import RenderOptions, run_render
    from telemetry.render.rendition import Links
    from telemetry.render.scale import Scale

    wanted = RenderOptions(
        out=out,
        is_check=check,
        job=job,
        targets=target or ["localhost:8081"],
        environment=environment,
        links=Links(
            runbooks=runbooks.rstrip("/"),
            grafana=grafana.rstrip("/"),
            prometheus=prometheus.rstrip("/"),
            alertmanager=alertmanager.rstrip("/"),
            webhooks=webhooks.rstrip("/"),
            dashboards=dashboards.rstrip("/"),
            balancer=balancer.rstrip("/"),
        ),
        scale=Scale(factor=scale),
    )
    sys.exit(run_render(file, options=wanted))


def _is_place(text: str) -> bool:
    host, _, port = text.rpartition(":")
    return bool(host) and "/" not in text and port.isdecimal()
