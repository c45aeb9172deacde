"""The databases among the dependencies."""

from collections.abc import Mapping

from telemetry.events import Dependency

SYSTEM_NAMES: Mapping[Dependency, str] = {"postgres": "postgresql", "redis": "redis"}
"""A dependency's name in OpenTelemetry's `db.system.name`; those that are no database are upstreams."""
