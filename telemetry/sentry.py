"""Reports of bugs to Sentry, and the one file that knows sentry-sdk.

The SDK makes the event's final form and its envelope, and is bare otherwise: no integration watches anything, nothing
is collected beside what is said here, no thread of its own runs. The envelope is sent from the thread that reports
(https://develop.sentry.dev/sdk/data-model/envelopes/).
"""

import gzip
import http.client
import re
import time
from collections.abc import Callable
from http import HTTPStatus
from typing import cast
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener

from sentry_sdk import Client
from sentry_sdk.envelope import Envelope
from sentry_sdk.transport import Transport
from sentry_sdk.types import Event as SentryEvent
from sentry_sdk.types import Hint
from sentry_sdk.utils import BadDsn, Dsn

from telemetry import VERSION
from telemetry.deployment import Deployment
from telemetry.error_reports import Delivery, Report
from telemetry.sentry_payload import payload_of

SEND_SECONDS = 5.0
"""A Sentry that is well answers within a fraction of a second."""

PAUSE_SECONDS = 60.0
"""Where Sentry wants fewer reports and does not say for how long
(https://develop.sentry.dev/sdk/expected-features/rate-limiting/)."""

_RATE_LIMIT = re.compile(r"(?:^|,)\s*(\d+)(?:\.\d+)?:([^:,]*)")
_CATEGORY = "error"


def dsn_fault(dsn: str) -> str:
    """What is wrong with it, without repeating any of it; empty for nothing."""
    try:
        Dsn(dsn)
    except (BadDsn, ValueError):
        return "is no DSN of Sentry; its settings show it under Client Keys: https://KEY@HOST/PROJECT"
    return ""


class Sentry:
    """Sends reports to one project, one after another."""

    def __init__(
        self,
        dsn: str,
        deployment: Deployment,
        *,
        timeout_seconds: float = SEND_SECONDS,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._sink = _Sink(dsn, timeout_seconds=timeout_seconds, now=now)
        self._deployment = deployment
        self._client = Client(
            dsn=dsn,
            transport=self._sink,
            release=f"{deployment.service}@{deployment.version}",
            environment=deployment.environment,
            server_name="",
            before_send=_without_host,
            default_integrations=False,
            auto_enabling_integrations=False,
            include_local_variables=False,
            max_breadcrumbs=0,
            auto_session_tracking=False,
            send_client_reports=False,
            enable_backpressure_handling=False,
            spotlight=False,
            debug=False,
        )

    def __call__(self, report: Report) -> Delivery:
        """Send a report; raises nothing."""
        try:
            self._client.capture_event(cast("SentryEvent", payload_of(report, self._deployment)))
        except Exception as error:  # noqa: BLE001 - whatever the SDK stumbles over, the thread goes on
            return Delivery("failed", f"{type(error).__name__} while it was put together")
        return self._sink.delivery


class _StayHere(HTTPRedirectHandler):
    """Follows nowhere: a report goes where the DSN says."""

    def redirect_request(self, *_args: object, **_options: object) -> None:
        """Take the redirection for a refusal."""


class _Sink(Transport):
    """Posts envelopes, and knows what became of the last."""

    def __init__(self, dsn: str, *, timeout_seconds: float, now: Callable[[], float]) -> None:
        super().__init__()
        self.parsed_dsn = Dsn(dsn)
        auth = self.parsed_dsn.to_auth(f"mainstay/{VERSION}")
        self._url = auth.get_api_url()
        self._headers = {
            "Content-Type": "application/x-sentry-envelope",
            "Content-Encoding": "gzip",
            "User-Agent": f"mainstay/{VERSION}",
            "X-Sentry-Auth": auth.to_header(),
        }
        self._opener = build_opener(_StayHere)
        self._timeout_seconds = timeout_seconds
        self._now = now
        self._paused_until = float("-inf")
        self.delivery = Delivery("failed", "nothing was sent")

    def capture_envelope(self, envelope: Envelope) -> None:
        """Send it now, unless Sentry has asked for a pause; raises nothing."""
        if self._now() < self._paused_until:
            self.delivery = Delivery("rate_limited", "Sentry wants fewer")
            return
        body = gzip.compress(envelope.serialize(), compresslevel=6)
        request = Request(self._url, data=body, headers=self._headers, method="POST")  # noqa: S310 - a DSN is http(s)
        try:
            with self._opener.open(request, timeout=self._timeout_seconds) as answer:
                self._pause(answer.headers.get("X-Sentry-Rate-Limits"), None)
            self.delivery = Delivery("sent")
        except HTTPError as error:
            self.delivery = self._refused(error)
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.delivery = Delivery("failed", _reason(error))

    def _refused(self, error: HTTPError) -> Delivery:
        error.close()
        if error.code == HTTPStatus.TOO_MANY_REQUESTS:
            self._paused_until = self._now() + PAUSE_SECONDS
            self._pause(error.headers.get("X-Sentry-Rate-Limits"), error.headers.get("Retry-After"))
            return Delivery("rate_limited", "Sentry wants fewer")
        return Delivery("failed", f"answered with {error.code}")

    def _pause(self, limits: str | None, retry_after: str | None) -> None:
        """Wait as long as told: by category, or by Retry-After in seconds where there is nothing else."""
        if limits is not None:
            meant = [
                float(one[1]) for one in _RATE_LIMIT.finditer(limits) if _CATEGORY in (one[2] or _CATEGORY).split(";")
            ]
            if meant:
                self._paused_until = self._now() + max(meant)
        elif retry_after is not None and retry_after.strip().isdigit():
            self._paused_until = self._now() + float(retry_after)


def _reason(error: Exception) -> str:
    """Its kind alone: what the system says of a connection may quote the address, and that has a key in it."""
    cause = getattr(error, "reason", error)
    return type(cause).__name__ if isinstance(cause, Exception) else type(error).__name__


def _without_host(event: SentryEvent, _hint: Hint) -> SentryEvent:
    """The SDK puts a name of the host there, or an empty one."""
    event.pop("server_name", None)
    return event
