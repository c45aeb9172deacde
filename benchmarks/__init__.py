"""Measures what a request costs a server's process, Mainstay's beside others that do the same: `make bench`."""
