"""What happens in a process's life, counted, and what is running."""

from typing import assert_never

from telemetry import events as e
from telemetry.catalogue import process_rows as rows
from telemetry.metrics.families import Families


class ProcessMetrics:
    """Counts and measures what is told of the process."""

    def __init__(self, families: Families) -> None:
        self._lag = families.histogram(rows.EVENT_LOOP_LAG)
        self._renewals = families.counters(rows.TLS_CERTIFICATE_RENEWALS)

    def __call__(self, event: e.EventLoopLagged | e.ProcessEvent) -> None:
        """Count or measure what the event tells."""
        match event:
            case e.EventLoopLagged():
                self._lag.observe(event.lag_seconds)
            case e.CertificateChanged():
                self._renewals["error" if event.fault else "ok",].inc()
            case e.EmbeddedStarted() | e.EmbeddedExited() | e.ServiceStarted() | e.ServiceStopped():
                pass
            case e.SchemaApplied() | e.SettingUnknown() | e.SecretExposed() | e.ServedAsSuperuser() | e.LibraryLogged():
                pass
            case e.LogLinesLost() | e.LogLevelChanged():
                pass
            case _:
                assert_never(event)
