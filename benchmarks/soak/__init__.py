"""Half an hour of everything at once, and whether memory stays: `python -m benchmarks.soak`."""
