"""Asks for more than a server can answer and counts what is answered: `python -m benchmarks.overload`."""
