"""What callers do, or have done to them; tickets, since the limits hold meanwhile and no objective is broken."""

from telemetry.catalogue.caller_rows import (
    ACCOUNT_OPERATIONS,
    AUTHENTICATION_ATTEMPTS,
    KEY_SET_FETCHES,
    RATE_LIMIT_DECISIONS,
)
from telemetry.catalogue.request_rows import HTTP_CLIENT_DISCONNECTS, HTTP_REQUEST_DURATION, HTTP_REQUESTS_REJECTED
from telemetry.render.promql import Not, Series, total
from telemetry.render.rules import AlertRule


def caller_alerts(series: Series) -> list[AlertRule]:
    """Of who they say they are, how much they want, how slow they are, and that they leave."""
    return [_guessing(series), _key_set(series), _limited(series), _leaving(series), _slow(series)]


def _guessing(series: Series) -> AlertRule:
    refused = " + ".join(
        [
            total(series.increase(AUTHENTICATION_ATTEMPTS, "5m", outcome=Not(("ok", "unavailable")))),
            total(series.increase(ACCOUNT_OPERATIONS, "5m", operation="sign_in", outcome=("refused", "limited"))),
        ]
    )
    taken = " + ".join(
        [
            total(series.increase(AUTHENTICATION_ATTEMPTS, "5m", outcome="ok")),
            total(series.increase(ACCOUNT_OPERATIONS, "5m", operation="sign_in", outcome="ok")),
        ]
    )
    return AlertRule(
        name="AuthenticationFailuresHigh",
        # One a second is no person's mistake; more refused than taken is no client with one wrong key among many.
        expr=f"({refused}) > 300\nand ({refused}) > ({taken})",
        severity="ticket",
        summary="Credentials are being guessed at {{ $labels.job }}, or many have ended at once",
        description="{{ $value | humanize }} keys, tokens or passwords were refused within five minutes: most of them.",
        board="callers",
    )


def _key_set(series: Series) -> AlertRule:
    failed, fetched = (
        total(series.increase(KEY_SET_FETCHES, "15m", outcome=outcome), "instance") for outcome in ("error", "ok")
    )
    return AlertRule(
        name="KeySetUnavailable",
        # Keys are fetched every five minutes, every ten seconds while that fails, and used for a day.
        expr=f"{failed} > 3\nunless {fetched} > 0",
        for_seconds=300,
        severity="ticket",
        summary="{{ $labels.instance }} cannot fetch the keys that tokens are signed with",
        description="For 15 minutes now. Tokens signed with a new key are refused; in a day all tokens will be.",
        board="callers",
    )


def _limited(series: Series) -> AlertRule:
    decided = total(series.rate(RATE_LIMIT_DECISIONS, "5m"))
    limited = total(series.rate(RATE_LIMIT_DECISIONS, "5m", decision=("limited", "limited_degraded")))
    return AlertRule(
        name="CallersLimited",
        # A fifth, and a third of a request a second: below that it is one client that its own errors will teach.
        expr=f"{limited} / {decided} > 0.2\nand {limited} > 0.33",
        for_seconds=300,
        severity="ticket",
        summary="{{ $value | humanizePercentage }} of the requests to {{ $labels.job }} are past their caller's limit",
        description="They get a 429. Either one client runs away, or a limit is too small for what callers do.",
        board="resilience",
    )


def _leaving(series: Series) -> AlertRule:
    left = total(series.rate(HTTP_CLIENT_DISCONNECTS, "5m"))
    answered = total(f"rate({series.count(HTTP_REQUEST_DURATION)}[5m])")
    return AlertRule(
        name="CallersLeaving",
        # A person leaves one page in a hundred; one in twenty leaves because of us.
        expr=f"{left} / ({left} + {answered}) > 0.05\nand {left} > 0.1",
        for_seconds=300,
        severity="ticket",
        summary="{{ $value | humanizePercentage }} of the callers of {{ $labels.job }} leave before their answer",
        description="Their own timeouts are shorter than our answers take. Availability does not count who has left.",
        board="service",
    )


def _slow(series: Series) -> AlertRule:
    reasons = ("slow_headers", "slow_body", "slow_reader", "tls_handshake")
    return AlertRule(
        name="SlowCallers",
        # One a second: phones in tunnels are fewer, and an attack is more.
        expr=f"{total(series.rate(HTTP_REQUESTS_REJECTED, '5m', reason=reasons), 'reason')} > 1",
        for_seconds=300,
        severity="ticket",
        summary="{{ $value | humanize }} connections a second to {{ $labels.job }} are cut off: {{ $labels.reason }}",
        description="Headers, bodies, handshakes or the taking of answers are too slow, for five minutes now.",
        board="service",
    )
