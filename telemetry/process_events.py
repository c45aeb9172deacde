"""What can be said of a process's life and not of a request's; events.py hands these on."""

from dataclasses import dataclass
from typing import Literal

LogLevel = Literal["debug", "info", "warning", "error"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateChanged:
    """The files of the TLS certificate did; `fault` says why they cannot be used, empty where new connections do so."""

    fault: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateAged:
    """The TLS certificate that callers are shown from now on ends soon, or has ended: then less than 0 s are left."""

    left_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedStarted:
    """An embedded program accepts connections."""

    program: Literal["postgres", "valkey"]
    pid: int
    duration_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedExited:
    """An embedded program has ended; `restarting` tells whether its supervisor starts it again."""

    program: Literal["postgres", "valkey"]
    exit_code: int
    restarting: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaAwaited:
    """A start waits for somebody who migrates; `reason` is what is missing."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaApplied:
    """The declared tables were brought into the database."""

    steps: int
    duration_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingUnknown:
    """The environment sets a variable of our prefix that is no setting; `meant` is the setting most like it, if any."""

    variable: str
    meant: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretExposed:
    """The file a variable names holds a secret that every account of this machine may read; `mode` as chmod has it."""

    variable: str
    path: str
    mode: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedAsSuperuser:
    """Requests are served as a Postgres role that may do anything at all."""

    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RedisRefused:
    """Redis is there and will not have us, for a `reason` that waiting does not mend."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLinesLost:
    """The log is written again, after so many lines that nobody took: a full disk, a reader that stood still."""

    lines: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceExportChanged:
    """The collector of traces takes them no more, for a `reason`; or takes them again."""

    is_taken: bool
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLevelChanged:
    """Lines are written from this level on; `seconds` for how long before it falls back, 0 for good."""

    level: LogLevel
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportingChanged:
    """Reports of bugs are not taken any more, for this reason, or are again."""

    is_taken: bool
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LibraryLogged:
    """A library spoke through `logging`, at warning or graver; `traceback` is empty where it gave none."""

    logger: str
    level: Literal["warning", "error"]
    message: str
    traceback: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementsPrimed:
    """Before the first caller: so many statements were made, and so many prepared on every open connection.

    Where the time for it did not suffice, it is not all of those that are usual.
    """

    made: int
    prepared: int
    is_whole: bool
    duration_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceStarted:
    """The service answers requests."""

    service: str
    url: str
    admin_url: str
    duration_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DrainBegan:
    """The service was told to stop: it says it is not ready, takes connections for so long yet, and finishes."""

    service: str
    delay_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceStopped:
    """The service has let go of everything it held."""

    service: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerStarted:
    """A supervisor has started a worker in its place `number`."""

    number: int
    pid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerEnded:
    """A worker has ended that nobody told to; another is started after a pause."""

    number: int
    pid: int
    exit_code: int
    pause_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerNotStarted:
    """No process could be made for a place that is empty; it is tried again after a pause."""

    number: int
    reason: str
    pause_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ReloadEnded:
    """So many of all workers were replaced; where that is not all of them, `reason` is why."""

    replaced: int
    workers: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EventLoopLagged:
    """The event loop was this much later than asked, at one of its regular measurements; 0 is as it should be."""

    lag_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class GarbageCollected:
    """The garbage collector has run over a generation (1 or 2) and all before it, and nothing else ran meanwhile."""

    generation: int
    pause_seconds: float


ProcessEvent = (
    CertificateChanged
    | CertificateAged
    | GarbageCollected
    | EmbeddedStarted
    | EmbeddedExited
    | SchemaApplied
    | SchemaAwaited
    | SettingUnknown
    | SecretExposed
    | ServedAsSuperuser
    | RedisRefused
    | LogLinesLost
    | LogLevelChanged
    | ReportingChanged
    | TraceExportChanged
    | LibraryLogged
    | StatementsPrimed
    | ServiceStarted
    | DrainBegan
    | ServiceStopped
    | WorkerStarted
    | WorkerEnded
    | WorkerNotStarted
    | ReloadEnded
)
"""What is told of a process's life; how late its loop is belongs to every moment of it."""
