"""Postgres: connections, statements and what their errors mean."""
