"""What the log of a supervisor says of its workers."""

from telemetry import events as e
from telemetry.log_line import Line


def line_of_workers(event: e.WorkerStarted | e.WorkerEnded | e.WorkerNotStarted | e.ReloadEnded) -> Line:
    """The event's line."""
    match event:
        case e.WorkerStarted():
            return Line(
                level="info",
                event="worker_started",
                message=f"worker {event.number} started",
                fields={"worker": event.number, "process.pid": event.pid},
            )
        case e.WorkerEnded():
            return Line(
                level="error",
                event="worker_ended",
                message=f"worker {event.number} ended with {event.exit_code}, another in {event.pause_seconds:.1f} s",
                fields={
                    "worker": event.number,
                    "process.pid": event.pid,
                    "process.exit.code": event.exit_code,
                    "pause_seconds": round(event.pause_seconds, 3),
                },
            )
        case e.WorkerNotStarted():
            return Line(
                level="error",
                event="worker_not_started",
                message=f"no worker {event.number}, another try in {event.pause_seconds:.1f} s: {event.reason}",
                fields={
                    "worker": event.number,
                    "reason": event.reason,
                    "pause_seconds": round(event.pause_seconds, 3),
                },
            )
        case e.ReloadEnded():
            return _reload_ended(event)


def _reload_ended(event: e.ReloadEnded) -> Line:
    if not event.reason:
        message = f"all {event.workers} workers are replaced"
    elif event.replaced:
        message = f"{event.replaced} of {event.workers} workers are replaced, the others go on: {event.reason}"
    else:
        message = f"nothing is replaced, all {event.workers} workers go on: {event.reason}"
    return Line(
        level="error" if event.reason else "info",
        event="reload_ended",
        message=message,
        fields={"replaced": event.replaced, "workers": event.workers, "reason": event.reason},
    )
