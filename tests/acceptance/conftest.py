"""Fixtures for the tests of the real process: short folders in memory, and a Postgres to point it at."""

from tests.integration.conftest import data_dir, database, embedded, fast_folder, postgres_dsn, redis_url

__all__ = ["data_dir", "database", "embedded", "fast_folder", "postgres_dsn", "redis_url"]
