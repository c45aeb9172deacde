"""How long a migration waits for others before it gives up."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """The waits of a migration, in seconds, and where time and chance come from.

    A statement that waits for a lock makes everybody wait who comes after it, so it waits briefly
    (`lock_seconds`) and is tried again, `tries` times in all, after a pause of up to `pause_seconds` that chance
    shortens. Building an index stands in nobody's way while it waits for older transactions: `building_seconds`.
    `gate_seconds` is how long to wait while another migration of the same database runs.
    """

    lock_seconds: float = 2.0
    tries: int = 10
    pause_seconds: float = 3.0
    building_seconds: float = 600.0
    gate_seconds: float = 600.0
    gate_pause_seconds: float = 0.2
    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = random.random


PATIENCE = Patience()
"""The defaults: two seconds are within what callers put up with, ten tries outlive a short report's transaction."""
