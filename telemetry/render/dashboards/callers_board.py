"""Who calls: credentials taken and refused, access decided, accounts, the keys tokens are signed with."""

from telemetry.catalogue import caller_rows, process_rows
from telemetry.certificate_state import ENDING_DAYS
from telemetry.render.dashboards import expressions as x
from telemetry.render.dashboards import shades
from telemetry.render.dashboards.board import Board, Row, falling, rising
from telemetry.render.dashboards.panels import ask, number, stack, trend

ATTEMPTS = caller_rows.AUTHENTICATION_ATTEMPTS
REFUSED = 'outcome!="ok"'
ADMITTED = 'decision=~"admitted.*"'
DAY_SECONDS = 86_400.0


def callers_board() -> Board:
    """Whether those who should come in do, and those who should not do not."""
    return Board(
        name="callers",
        title="Callers",
        description="Who comes in and who does not: credentials, access, accounts, keys of tokens, our certificate.",
        rows=(_recognised(), _credentials(), _accounts(), _proofs()),
    )


def _recognised() -> Row:
    attempts, decisions = x.rate(ATTEMPTS), x.rate(caller_rows.AUTHORIZATION_DECISIONS)
    return Row(
        question="Do callers get in?",
        panels=(
            number(
                "Credentials shown", "Requests a second that brought a key or a token.", unit="reqps", expr=attempts
            ),
            number(
                "Not taken",
                "Share of the credentials that were not taken. A deploy with a wrong key shows here first.",
                unit="percentunit",
                expr=x.share(x.rate(ATTEMPTS, where=REFUSED), attempts),
                levels=rising(warn=0.05, bad=0.25),
            ),
            number(
                "Not heard",
                "Credentials not looked at, in the time shown, as their address has failed too often.",
                unit="short",
                expr=x.increase(ATTEMPTS, where='outcome="limited"'),
                levels=rising(warn=1.0, bad=100.0),
            ),
            number(
                "Not allowed",
                "Share of requests that their endpoint's access rule refused.",
                unit="percentunit",
                expr=x.share(
                    decisions + " - " + x.rate(caller_rows.AUTHORIZATION_DECISIONS, where=ADMITTED), decisions
                ),
                levels=rising(warn=0.1, bad=0.5),
            ),
            number(
                "Keys of tokens",
                "Attempts to fetch the keys tokens are signed with that failed, in the time shown.",
                unit="short",
                expr=x.increase(caller_rows.KEY_SET_FETCHES, where='outcome="error"'),
                levels=rising(bad=1.0),
            ),
            number(
                "Sessions stolen",
                "Refresh tokens that came twice, in the time shown: two hold the same one. The session was ended.",
                unit="short",
                expr=x.increase(caller_rows.ACCOUNT_OPERATIONS, where='outcome="reused"'),
                levels=rising(bad=1.0),
            ),
        ),
    )


def _credentials() -> Row:
    return Row(
        question="Why are they refused?",
        panels=(
            stack(
                "Credentials taken",
                "A second, by kind.",
                unit="reqps",
                queries=(ask("{{method}}", x.rate(ATTEMPTS, "method", where='outcome="ok"')),),
                shades=(("api_key", "blue"), ("jwt", "purple"), ("other", "gray")),
            ),
            stack(
                "Credentials not taken",
                "A second, by the reason. Unavailable: who it is could not be looked up.",
                unit="reqps",
                queries=(ask("{{outcome}}", x.rate(ATTEMPTS, "outcome", where=REFUSED)),),
            ),
            stack(
                "Access",
                "Requests held against their endpoint's access rule, by what was decided.",
                unit="reqps",
                queries=(ask("{{decision}}", x.rate(caller_rows.AUTHORIZATION_DECISIONS, "decision")),),
                shades=shades.DECISIONS,
            ),
        ),
    )


def _accounts() -> Row:
    return Row(
        question="Do people get on with their accounts?",
        panels=(
            stack(
                "What people do",
                "Sign-ups, sign-ins and the like that went well, a second.",
                unit="ops",
                queries=(
                    ask("{{operation}}", x.rate(caller_rows.ACCOUNT_OPERATIONS, "operation", where='outcome="ok"')),
                ),
            ).sized(12, 8),
            stack(
                "What did not work",
                "A second. Refused: it was wrong. Limited: tried too often. Reused: a refresh token came twice.",
                unit="ops",
                queries=(
                    ask(
                        "{{operation}}: {{outcome}}",
                        x.rate(caller_rows.ACCOUNT_OPERATIONS, "operation", "outcome", where='outcome!="ok"'),
                    ),
                ),
            ).sized(12, 8),
        ),
    )


def _proofs() -> Row:
    left = f"{x.gauge(process_rows.TLS_CERTIFICATE_NOT_AFTER, how='min')} - time()"
    return Row(
        question="Are keys and certificates in order?",
        panels=(
            number(
                "Certificate ends in",
                "Of the TLS certificate that callers are shown, where that is soonest; without TLS there is none.",
                unit="s",
                expr=left,
                levels=falling(bad=DAY_SECONDS, good=ENDING_DAYS * DAY_SECONDS),
            ).sized(4, 8),
            number(
                "Certificate in use",
                "Share of the processes that show the certificate that lies in the files. Less: it cannot be used.",
                unit="percentunit",
                expr=x.gauge(process_rows.TLS_CERTIFICATE_CURRENT, how="avg"),
                levels=falling(bad=0.5, good=1.0),
            ).sized(4, 8),
            trend(
                "Keys and certificates",
                "Fetches of the keys of tokens and renewals of the TLS certificate, in the window, by how they ended.",
                unit="short",
                queries=(
                    ask("keys: {{outcome}}", x.increase(caller_rows.KEY_SET_FETCHES, "outcome", window=x.WINDOW)),
                    ask(
                        "certificate: {{outcome}}",
                        x.increase(process_rows.TLS_CERTIFICATE_RENEWALS, "outcome", window=x.WINDOW),
                    ),
                ),
                shades=(
                    ("keys: ok", "green"),
                    ("keys: error", "red"),
                    ("certificate: ok", "light-green"),
                    ("certificate: error", "dark-red"),
                ),
            ).sized(16, 8),
        ),
    )
