"""Postgres and Redis: every call goes out through the outbound layers."""
