"""Reads files of records, one JSON document a line, checks every line as a POST is checked, and fills tables."""
