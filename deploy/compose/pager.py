"""Writes down what Alertmanager has to tell, for a fleet that has nobody to call yet: `docker compose logs -f pager`.

It takes the webhooks that `mainstay render` writes where nobody names others, on this machine alone. Heartbeats, which
come every minute for as long as all is well, are taken and not written down.
"""

import json
import os
import signal
import sys
from collections.abc import Iterator
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PORT = int(os.environ.get("PAGER_PORT", "9099"))
HEARTBEAT = "/heartbeat"
_LONGEST_BYTES = 2**20


def lines_of(receiver: str, told: dict[str, Any]) -> Iterator[str]:
    """A line for each alert of a notification: how urgent it is, what it is, and where to read on."""
    for alert in told["alerts"]:
        labels, notes = alert["labels"], alert["annotations"]
        place = " ".join(f"{name}={labels[name]}" for name in ("service", "instance", "dependency") if name in labels)
        said = (receiver, alert["status"], labels["alertname"], place, notes.get("summary"), notes.get("runbook_url"))
        yield "  ".join(word for word in said if word)


class Pager(BaseHTTPRequestHandler):
    """Answers Alertmanager, and whoever asks if it is there."""

    protocol_version = "HTTP/1.1"
    timeout = 60

    def do_GET(self) -> None:
        """It is there."""
        self._answer(HTTPStatus.OK)

    def do_POST(self) -> None:
        """Write down a notification."""
        size_bytes = int(self.headers.get("Content-Length", "0"))
        if size_bytes > _LONGEST_BYTES:
            self.close_connection = True
            return self._answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        body = self.rfile.read(size_bytes)
        if self.path != HEARTBEAT:
            try:
                lines = list(lines_of(self.path.strip("/"), json.loads(body)))
            except (ValueError, LookupError, TypeError):
                return self._answer(HTTPStatus.BAD_REQUEST)
            sys.stdout.write("".join(f"{line}\n" for line in lines))
            sys.stdout.flush()
        return self._answer(HTTPStatus.OK)

    def log_message(self, *_: object) -> None:
        """Say nothing of requests: the alerts are what is to be read."""

    def _answer(self, status: HTTPStatus) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()


def main() -> None:
    """Take notifications until told to stop."""
    for number in (signal.SIGTERM, signal.SIGINT):  # the first process of a container heeds none by itself
        signal.signal(number, lambda *_: sys.exit(0))
    with ThreadingHTTPServer(("127.0.0.1", PORT), Pager) as server:
        server.daemon_threads = True
        server.serve_forever()


if __name__ == "__main__":
    main()
