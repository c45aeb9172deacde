"""Ports of this machine for what cannot be given one by the kernel when it starts."""

from socket import socket


def free_port() -> int:
    """A port nobody listens on just now."""
    with socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])
