"""The pool of connections to Postgres: is it too small, are they kept too long; tickets, as dependencies' are."""

from telemetry.catalogue.outbound_rows import DB_CONNECTION_TIMEOUTS, DB_CONNECTION_WAIT
from telemetry.render.promql import Series, total
from telemetry.render.rules import AlertRule

_OF_POSTGRES = {"dependency": "postgres"}


def pool_alerts(series: Series) -> list[AlertRule]:
    """Of each pool."""
    in_time = total(f"rate({series.bucket(DB_CONNECTION_WAIT, 0.1)}[5m])", "pool")
    all_of_them = total(f"rate({series.count(DB_CONNECTION_WAIT)}[5m])", "pool")
    return [
        AlertRule(
            name="PoolAcquireTimeouts",
            # A single one is a moment; six are a queue that does not end.
            expr=f"{total(series.increase(DB_CONNECTION_TIMEOUTS, '5m'), 'pool')} > 5",
            severity="ticket",
            summary="Requests of {{ $labels.job }} get no connection of the pool {{ $labels.pool }}",
            description="{{ $value | humanize }} callers within five minutes waited a second for one, and got a 503.",
            board="postgres",
            labels=_OF_POSTGRES,
        ),
        AlertRule(
            name="PoolWaitHigh",
            # Its 99th percentile above 100 ms, said so that the bucket's bound is exact.
            expr=f"1 - {in_time} / {all_of_them} > 0.01",
            for_seconds=300,
            severity="ticket",
            summary="Requests of {{ $labels.job }} queue for connections of the pool {{ $labels.pool }}",
            description=(
                "{{ $value | humanizePercentage }} of them wait more than 100 ms for one, for five minutes now. Next "
                "they will get none in time."
            ),
            board="postgres",
            labels=_OF_POSTGRES,
        ),
    ]
