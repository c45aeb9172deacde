"""Every board, in the order one asks: is the promise kept, for whom is it not, and why."""

from telemetry.render.dashboards.board import Board
from telemetry.render.dashboards.callers_board import callers_board
from telemetry.render.dashboards.postgres_board import postgres_board
from telemetry.render.dashboards.redis_board import redis_board
from telemetry.render.dashboards.resilience_board import resilience_board
from telemetry.render.dashboards.runtime_board import runtime_board
from telemetry.render.dashboards.service_board import service_board
from telemetry.render.dashboards.slo_board import slo_board
from telemetry.render.dashboards.telemetry_board import telemetry_board


def all_boards() -> tuple[Board, ...]:
    """All of them."""
    return (
        slo_board(),
        service_board(),
        resilience_board(),
        postgres_board(),
        redis_board(),
        callers_board(),
        runtime_board(),
        telemetry_board(),
    )
