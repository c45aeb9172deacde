"""What the log says of a process's life: its servers, its schema, its settings, its libraries, start and end."""

from telemetry import events as e
from telemetry.log_line import Line
from telemetry.worker_lines import line_of_workers

_DAY_SECONDS = 86_400.0
_PAUSE_WORTH_A_LINE_SECONDS = 0.1
"""Twice what one request may hold the event loop up; a run over a million objects takes as long."""


def line_of_process(event: e.ProcessEvent) -> Line | None:  # noqa: C901, PLR0911, PLR0912 - one case an event
    """The event's line; None where it is not worth one."""
    match event:
        case e.CertificateChanged():
            return _certificate_changed(event)
        case e.CertificateAged():
            return _certificate_aged(event)
        case e.GarbageCollected():
            return _garbage_collected(event)
        case e.EmbeddedStarted():
            return _embedded_started(event)
        case e.EmbeddedExited():
            return _embedded_exited(event)
        case e.SchemaAwaited():
            message = f"waits for a migration: {event.reason}"
            return Line(level="warning", event="schema_awaited", message=message)
        case e.SchemaApplied():
            return _schema_applied(event)
        case e.SettingUnknown():
            return _setting_unknown(event)
        case e.SecretExposed():
            return _secret_exposed(event)
        case e.ServedAsSuperuser():
            return _served_as_superuser(event)
        case e.RedisRefused():
            return _redis_refused(event)
        case e.LogLinesLost():
            return _log_lines_lost(event)
        case e.TraceExportChanged():
            return _trace_export_changed(event)
        case e.LogLevelChanged():
            return _log_level_changed(event)
        case e.ReportingChanged():
            return _reporting_changed(event)
        case e.LibraryLogged():
            return _library_logged(event)
        case e.StatementsPrimed():
            return _statements_primed(event)
        case e.ServiceStarted():
            return _service_started(event)
        case e.DrainBegan():
            return _drain_began(event)
        case e.WorkerStarted() | e.WorkerEnded() | e.WorkerNotStarted() | e.ReloadEnded():
            return line_of_workers(event)
        case e.ServiceStopped():
            return Line(level="info", event="service_stopped", message=f"{event.service} stopped")


def _certificate_changed(event: e.CertificateChanged) -> Line:
    if not event.fault:
        renewed = "new connections use the renewed certificate"
        return Line(level="info", event="certificate_changed", message=renewed)
    return Line(
        level="error",
        event="certificate_changed",
        message=f"the renewed certificate cannot be used, the last one goes on: {event.fault}",
        fields={"fault": event.fault},
    )


def _certificate_aged(event: e.CertificateAged) -> Line:
    days = abs(event.left_seconds) / _DAY_SECONDS
    has_ended = event.left_seconds <= 0
    ended, ends = (
        f"the TLS certificate has expired {days:.1f} days ago: callers refuse it",
        f"the TLS certificate expires in {days:.1f} days",
    )
    return Line(
        level="error" if has_ended else "warning",
        event="certificate_aged",
        message=ended if has_ended else ends,
        fields={"left_seconds": round(event.left_seconds)},
    )


def _garbage_collected(event: e.GarbageCollected) -> Line | None:
    if event.pause_seconds < _PAUSE_WORTH_A_LINE_SECONDS:
        return None
    return Line(
        level="warning",
        event="garbage_collected",
        message=f"the garbage collector held everything up for {event.pause_seconds:.3f} s",
        fields={"generation": event.generation, "pause_seconds": round(event.pause_seconds, 6)},
    )


def _embedded_started(event: e.EmbeddedStarted) -> Line:
    return Line(
        level="info",
        event="embedded_started",
        message=f"embedded {event.program} accepts connections",
        fields={
            "program": event.program,
            "process.pid": event.pid,
            "duration_seconds": round(event.duration_seconds, 6),
        },
    )


def _embedded_exited(event: e.EmbeddedExited) -> Line:
    return Line(
        level="error" if event.restarting else "info",
        event="embedded_exited",
        message=f"embedded {event.program} ended with {event.exit_code}{', restarting' if event.restarting else ''}",
        fields={
            "program": event.program,
            "process.exit.code": event.exit_code,
            "restarting": event.restarting,
        },
    )


def _schema_applied(event: e.SchemaApplied) -> Line:
    return Line(
        level="info",
        event="schema_applied",
        message=f"schema brought up to date in {event.steps} step{'' if event.steps == 1 else 's'}",
        fields={"steps": event.steps, "duration_seconds": round(event.duration_seconds, 6)},
    )


def _setting_unknown(event: e.SettingUnknown) -> Line:
    hint = f"; did you mean {event.meant}?" if event.meant else ""
    return Line(
        level="warning",
        event="setting_unknown",
        message=f"{event.variable} has no effect: there is no such setting{hint}",
        fields={"variable": event.variable, "meant": event.meant},
    )


def _secret_exposed(event: e.SecretExposed) -> Line:
    return Line(
        level="warning",
        event="secret_exposed",
        message=f"{event.variable}: every account may read {event.path} (mode {event.mode}); 0400 is enough",
        fields={"variable": event.variable, "path": event.path, "mode": event.mode},
    )


def _served_as_superuser(event: e.ServedAsSuperuser) -> Line:
    return Line(
        level="warning",
        event="served_as_superuser",
        message=f"requests are served as {event.role}, a superuser: a role of its own needs far less, see --grant",
        fields={"role": event.role},
    )


def _redis_refused(event: e.RedisRefused) -> Line:
    return Line(
        level="error",
        event="redis_refused",
        message=f"Redis is done without: {event.reason}",
        fields={"reason": event.reason},
    )


def _log_lines_lost(event: e.LogLinesLost) -> Line:
    return Line(
        level="warning",
        event="log_lines_lost",
        message=f"{event.lines} line{'' if event.lines == 1 else 's'} of this log were lost before this one",
        fields={"lines": event.lines},
    )


def _trace_export_changed(event: e.TraceExportChanged) -> Line:
    says = "takes them again" if event.is_taken else f"does not take them: {event.reason}"
    return Line(
        level="info" if event.is_taken else "warning",
        event="trace_export_changed",
        message=f"the collector of traces {says}",
        fields={} if event.is_taken else {"reason": event.reason},
    )


def _log_level_changed(event: e.LogLevelChanged) -> Line:
    while_ = f" for {event.seconds:g} s" if event.seconds else ""
    return Line(
        level="warning",
        event="log_level_changed",
        message=f"lines are written from {event.level} on{while_}",
        fields={"level.lowest": event.level, "seconds": event.seconds},
    )


def _reporting_changed(event: e.ReportingChanged) -> Line:
    message = "reports of bugs are taken again" if event.is_taken else f"reports of bugs are not taken: {event.reason}"
    return Line(
        level="info" if event.is_taken else "warning",
        event="reporting_changed",
        message=message,
        fields={"is_taken": event.is_taken, "reason": event.reason},
    )


def _library_logged(event: e.LibraryLogged) -> Line:
    return Line(
        level=event.level,
        event="library_logged",
        message=event.message,
        fields={"logger": event.logger},
        text=event.traceback,
    )


def _statements_primed(event: e.StatementsPrimed) -> Line:
    rest = "" if event.is_whole else "; there was no time for the others, which are made when asked for"
    return Line(
        level="debug" if event.is_whole else "info",
        event="statements_primed",
        message=f"{event.made} statements are made and {event.prepared} prepared{rest}",
        fields={
            "made": event.made,
            "prepared": event.prepared,
            "duration_seconds": round(event.duration_seconds, 6),
        },
    )


def _service_started(event: e.ServiceStarted) -> Line:
    return Line(
        level="info",
        event="service_started",
        message=f"{event.service} answers at {event.url}, admin at {event.admin_url}",
        fields={
            "url": event.url,
            "admin_url": event.admin_url,
            "duration_seconds": round(event.duration_seconds, 6),
        },
    )


def _drain_began(event: e.DrainBegan) -> Line:
    first = f"takes requests for {event.delay_seconds:g} s more, then " if event.delay_seconds else ""
    return Line(
        level="info",
        event="drain_began",
        message=f"{event.service} {first}finishes what is under way and stops",
        fields={"delay_seconds": event.delay_seconds},
    )
