"""Runs `mainstay` while looking, at every few milliseconds of its CPU time, at what it is doing.

    python -m benchmarks.sampling FILE serve SERVICE_FILE

The stacks go to FILE in the end, one a line with how often it was seen. The sampling is the kernel's (ITIMER_PROF), so
waiting does not count; Python looks when it comes back from C, so what C code did counts for the Python that called it.
"""

import signal
import sys
from collections import Counter
from pathlib import Path
from types import FrameType

from server.cli import main as mainstay

INTERVAL_SECONDS = 0.002
SEPARATOR = ";"
_IN_LOOP = "Runner.run"
"""The function of asyncio's that runs the loop: what has it not in its stack is starting up."""


class Sampler:
    """Counts stacks; outermost function first, each as `module file|function`."""

    def __init__(self) -> None:
        self.stacks: Counter[str] = Counter()

    def __call__(self, _signal: int, frame: FrameType | None) -> None:
        """Look once."""
        names: list[str] = []
        running = False
        while frame is not None:
            code = frame.f_code
            running = running or code.co_qualname == _IN_LOOP
            names.append(f"{code.co_filename}|{code.co_qualname}")
            frame = frame.f_back
        if running:
            self.stacks[SEPARATOR.join(reversed(names))] += 1

    def text(self) -> str:
        """One stack a line and its count."""
        return "".join(f"{stack} {count}\n" for stack, count in self.stacks.items())


def main(arguments: list[str]) -> None:
    """Run the command under a sampler."""
    target = Path(arguments[0])
    sys.argv = ["mainstay", *arguments[1:]]
    sampler = Sampler()
    signal.signal(signal.SIGPROF, sampler)
    signal.setitimer(signal.ITIMER_PROF, INTERVAL_SECONDS, INTERVAL_SECONDS)
    try:
        mainstay()
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        target.write_text(sampler.text())


if __name__ == "__main__":
    main(sys.argv[1:])
