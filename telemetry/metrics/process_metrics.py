"""What happens in a process's life, counted, and what is running."""

from typing import assert_never

from telemetry import events as e
from telemetry.catalogue import process_rows as rows
from telemetry.metrics.families import Families
from telemetry.observers import Read, reading


class ProcessMetrics:
    """Counts and measures what is told of the process."""

    def __init__(self, families: Families) -> None:
        self._lag = families.histogram(rows.EVENT_LOOP_LAG)
        self._pauses = families.histograms(rows.GC_PAUSE)
        self._renewals = families.counters(rows.TLS_CERTIFICATE_RENEWALS)

    def reader_of(self, event: e.EventLoopLagged | e.ProcessEvent) -> Read | None:  # noqa: PLR0911 - one case an event
        """Who counts or measures what such an event tells."""
        match event:
            case e.EventLoopLagged():
                return reading(event, lambda told: self._lag.observe(told.lag_seconds))
            case e.CertificateChanged():
                return reading(event, lambda told: self._renewals["error" if told.fault else "ok",].inc())
            case e.GarbageCollected():
                return reading(event, lambda told: self._pauses[told.generation,].observe(told.pause_seconds))
            case e.CertificateAged() | e.EmbeddedStarted() | e.EmbeddedExited():
                return None
            case (
                e.StatementsPrimed()
                | e.ServiceStarted()
                | e.DrainBegan()
                | e.ServiceStopped()
                | e.WorkerStarted()
                | e.WorkerEnded()
                | e.WorkerNotStarted()
                | e.ReloadEnded()
            ):
                return None
            case e.SettingUnknown() | e.SecretExposed() | e.ServedAsSuperuser() | e.LibraryLogged():
                return None
            case (
                e.SchemaApplied()
                | e.SchemaAwaited()
                | e.RedisRefused()
                | e.LogLinesLost()
                | e.LogLevelChanged()
                | e.ReportingChanged()
                | e.TraceExportChanged()
            ):
                return None
            case _:
                assert_never(event)
