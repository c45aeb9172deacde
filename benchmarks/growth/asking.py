"""Has wrk ask a point's questions."""

import asyncio
import json
from asyncio.subprocess import PIPE
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.cases import PRODUCT_KEY, STRIDE
from benchmarks.growth.axes import Point
from benchmarks.load import LoadFailed
from benchmarks.token import signed_token

_SCRIPT = Path(__file__).with_name("in_turn.lua")
_GRACE_SECONDS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One stretch: `begin` is the number of its first request, which decides its record and its caller."""

    url: str
    path: str
    point: Point
    seconds: int
    begin: int
    tokens: Path
    """A file with one a line."""

    def requests(self) -> Iterator[bytes]:
        """All of them, endlessly, for who writes them to a socket."""
        host, tokens = urlsplit(self.url).netloc, self.tokens.read_text().split()
        for number in count(self.begin):
            key = PRODUCT_KEY % (number * STRIDE % self.point.rows + 1)
            token = tokens[number % len(tokens)]
            path = self.path.replace("{key}", key)
            yield f"GET {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\r\n".encode()


def write_tokens(number: int, path: Path) -> Path:
    """A token of each of so many callers."""
    path.write_text("".join(f"{signed_token(f'caller-{caller}')}\n" for caller in range(number)))
    return path


async def ask(asked: Asked) -> int:
    """How many requests were answered; raises LoadFailed where any was not, or not with 200."""
    process = await asyncio.create_subprocess_exec(*command(asked), stdout=PIPE, stderr=PIPE)
    async with asyncio.timeout(asked.seconds + _GRACE_SECONDS):
        output, errors = await process.communicate()
    if process.returncode != 0:
        raise LoadFailed(f"wrk ended with {process.returncode}: {errors.decode()}")
    return answered(output.decode(), asked.path)


def answered(output: str, path: str) -> int:
    """Read the line of JSON that in_turn.lua ends with; raises LoadFailed."""
    told = json.loads(output.strip().rpartition("\n")[2])
    if told["failures"] or not told["requests"]:
        raise LoadFailed(f"{path}: {told}")
    requests: int = told["requests"]
    return requests


def command(asked: Asked) -> Sequence[str]:
    """wrk's arguments."""
    point = asked.point
    options = ("-t1", f"-c{point.connections}", f"-d{asked.seconds}s", "--timeout", "10s", "-s", str(_SCRIPT))
    numbers = (str(point.rows), str(STRIDE), str(asked.begin))
    return ("wrk", *options, asked.url, "--", asked.path, *numbers, str(asked.tokens))
