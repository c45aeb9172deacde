"""Says what is being done: in place on a terminal, line by line in a file."""

import sys


def progress(text: str) -> None:
    """What comes next replaces it on a terminal."""
    if sys.stdout.isatty():
        sys.stdout.write(f"\r\033[K{text[:110]}")
    else:
        sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def lasting(text: str) -> None:
    """A line that stays."""
    clear = "\r\033[K" if sys.stdout.isatty() else ""
    sys.stdout.write(f"{clear}{text}\n")
    sys.stdout.flush()
