"""The tests, split by what is real in them: see the folders."""
