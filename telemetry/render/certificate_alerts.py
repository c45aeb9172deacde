"""The TLS certificate: no objective counts a handshake that failed, so the rules look at the certificate itself."""

from telemetry.catalogue.process_rows import (
    TLS_CERTIFICATE_CURRENT,
    TLS_CERTIFICATE_NOT_AFTER,
    TLS_CERTIFICATE_NOT_BEFORE,
)
from telemetry.certificate_state import ENDING_DAYS, ENDING_SHARE
from telemetry.render.promql import Series
from telemetry.render.rules import AlertRule


def certificate_alerts(series: Series) -> list[AlertRule]:
    """Of the certificate that callers are shown, and of the one that is to follow it."""
    begin, end = series.of(TLS_CERTIFICATE_NOT_BEFORE), series.of(TLS_CERTIFICATE_NOT_AFTER)
    return [
        AlertRule(
            name="CertificateExpired",
            expr=f"{end} - time() <= 0",
            # A page although it is a cause: callers end the handshake, and no request of theirs is there to be counted.
            severity="page",
            summary="The TLS certificate of {{ $labels.instance }} has expired",
            description="Whoever looks at it connects no more. Connections that were open before go on.",
            board="callers",
        ),
        AlertRule(
            name="CertificateExpiresSoon",
            expr=f"{end} - time() < {ENDING_DAYS}d\nand {end} - time() < {ENDING_SHARE} * ({end} - {begin})",
            # Renewals write two files, one after the other.
            for_seconds=300,
            severity="ticket",
            summary="The TLS certificate of {{ $labels.instance }} expires in {{ $value | humanizeDuration }}",
            description="It should have been renewed by now: after its end nobody connects any more.",
            board="callers",
        ),
        AlertRule(
            name="CertificateRenewalFailed",
            expr=f"{series.of(TLS_CERTIFICATE_CURRENT)} == 0",
            # As above: half a renewal is no failed one.
            for_seconds=300,
            severity="ticket",
            summary="{{ $labels.instance }} cannot use its new TLS certificate",
            description="What lies in its files now cannot be used. The old one serves on, until it expires.",
            board="callers",
        ),
    ]
