"""Colours that mean the same on every panel: green is good, red is an error, orange is late or degraded."""

from typing import Final, Literal

Shade = Literal[
    "green", "light-green", "dark-green", "yellow", "orange", "dark-orange", "red", "dark-red", "light-blue", "blue",
    "dark-blue", "purple", "light-purple", "gray",
]  # fmt: skip
"""A colour by the name Grafana has for it."""

GREEN: Final = "green"
ORANGE: Final = "orange"
RED: Final = "red"

Shades = tuple[tuple[str, Shade], ...]
"""Legends and their colours; a legend that begins so is meant where the word ends with `*`."""

OUTCOMES: Shades = (
    ("ok", "green"), ("good", "green"), ("error", "red"), ("bad", "red"), ("timeout", "orange"), ("rejected", "purple"),
    ("budget_spent", "dark-red"),
)  # fmt: skip
STATUSES: Shades = (("2xx", "green"), ("3xx", "light-blue"), ("4xx", "yellow"), ("5xx", "red"))
QUANTILES: Shades = (("p50", "light-blue"), ("p90", "blue"), ("p99", "purple"))
DEPENDENCIES: Shades = (("postgres*", "blue"), ("redis*", "red"))
CACHE_RESULTS: Shades = (
    ("hit", "green"), ("negative", "light-green"), ("collapsed", "dark-green"), ("stale", "yellow"),
    ("miss", "light-blue"), ("bypass", "gray"), ("degraded", "orange"), ("stale_if_error", "dark-orange"),
    ("error", "red"),
)  # fmt: skip
REPLICA_RESULTS: Shades = (
    ("replica", "green"), ("stale", "dark-orange"), ("requested", "gray"), ("behind", "light-blue"), ("late", "yellow"),
    ("away", "orange"), ("failed", "red"),
)  # fmt: skip
DECISIONS: Shades = (
    ("allowed", "green"), ("allowed_degraded", "yellow"), ("limited", "orange"), ("limited_degraded", "dark-orange"),
    ("admitted", "green"), ("admitted_own_rows", "light-green"), ("refused_unknown", "yellow"),
    ("refused_role", "orange"), ("refused_scope", "red"), ("refused_tenant", "dark-red"),
)  # fmt: skip
REJECTIONS: Shades = (
    ("overloaded", "red"), ("rate_limited", "orange"), ("malformed", "purple"), ("slow_headers", "yellow"),
    ("slow_body", "light-blue"), ("slow_reader", "blue"), ("tls_handshake", "dark-blue"), ("idle", "gray"),
    ("left", "light-purple"),
)  # fmt: skip
LEVELS: Shades = (("debug", "gray"), ("info", "green"), ("warning", "orange"), ("error", "red"))
REPEATS: Shades = (("stored", "green"), ("replayed", "light-blue"), ("in_flight", "yellow"), ("reused", "orange"))
CONNECTIONS: Shades = (("used", "blue"), ("idle", "gray"))
