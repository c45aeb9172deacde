"""What rendering needs to know: whose series they are, where people look, at which pace time goes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

from telemetry.objectives import Sli
from telemetry.render.rules import Board
from telemetry.render.scale import REAL_TIME, Scale


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """Where alerts send people, and Grafana looks; each an address without a slash at its end.

    A relative `runbooks` is a path from the root of the repository the rules lie in. `prometheus` is where Grafana
    reaches it, `alertmanager` where Prometheus does, `webhooks` what Alertmanager calls to tell people, `dashboards`
    the folder on Grafana's machine that the dashboards' JSON lies in, `balancer` where Prometheus reaches the
    operations port of an HAProxy, empty where there is none.
    """

    runbooks: str = "alerts/runbooks"
    grafana: str = "http://localhost:3000"
    prometheus: str = "http://localhost:9090"
    alertmanager: str = "http://localhost:9093"
    webhooks: str = "http://localhost:9099"
    dashboards: str = "/var/lib/grafana/dashboards"
    balancer: str = ""

    def runbook(self, alert: str) -> str:
        """The page about an alert."""
        return f"{self.runbooks}/{alert}.md"

    def dashboard(self, board: Board, *, job: str) -> str:
        """A dashboard, showing the service of this job."""
        return f"{self.grafana}/d/{uid_of(board)}?var-job={quote(job, safe='')}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendition:
    """One rendering.

    `job` is the label Prometheus gives the series of this service's processes; `source` the service's file, as it is
    called in what is written; `slis` what is counted for its objectives; `targets` the admin ports, `host:port`;
    `environment` what every alert is labelled with.
    """

    job: str
    source: str
    slis: Sequence[Sli] = ()
    targets: Sequence[str] = ("localhost:8081",)
    environment: str = "production"
    links: Links = field(default_factory=Links)
    scale: Scale = REAL_TIME

    @property
    def command(self) -> str:
        """What makes it all again."""
        return f"mainstay render {self.source}"


def uid_of(board: Board) -> str:
    """What Grafana knows a dashboard by."""
    return f"mainstay-{board}"
