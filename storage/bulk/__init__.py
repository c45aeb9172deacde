"""Fills tables with many rows at once: staged beside them, held against every rule, moved in together or not at all."""
