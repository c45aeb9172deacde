"""Brings a database to the declared tables: a plan a person can read, applied under a lock, safe while it serves."""
