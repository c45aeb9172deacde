"""A Sentry that takes envelopes on this machine: it keeps what it gets, and behaves as the test says."""

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson

from tests.integration.processes import until

POLL_SECONDS = 0.02


class SentrySink:
    """What came: `envelopes` as they were sent, unpacked, `events` of them. It answers with `status` and `headers`.

    While `hangs` is not set, it answers nothing at all.
    """

    def __init__(self, port: int) -> None:
        self.dsn = f"http://canarykey@127.0.0.1:{port}/42"
        self.envelopes: list[bytes] = []
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.status = 200
        self.headers: dict[str, str] = {}
        self.goes_on = threading.Event()
        self.goes_on.set()

    @property
    def events(self) -> list[dict[str, Any]]:
        """The events of all envelopes: of each, the line behind the header of its first item."""
        return [orjson.loads(envelope.split(b"\n")[2]) for envelope in self.envelopes]

    async def event(self, count: int = 1) -> dict[str, Any]:
        """The event that is the `count`th, once it has come; else raises TimeoutError."""
        await until(lambda: len(self.envelopes) >= count)
        return self.events[count - 1]


@contextmanager
def sentry_sink() -> Iterator[SentrySink]:
    """Listen on a free port until left."""
    sinks: list[SentrySink] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            (sink,) = sinks
            body = self.rfile.read(int(self.headers["Content-Length"]))
            sink.requests.append((self.path, dict(self.headers)))
            sink.goes_on.wait()
            if sink.status < 300:
                sink.envelopes.append(gzip.decompress(body))
            self.send_response(sink.status)
            for name, value in sink.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name the library calls it by
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """Nothing is wrong with a caller that did not wait for its answer."""

    server = Server(("127.0.0.1", 0), Handler)
    sinks.append(SentrySink(server.server_address[1]))
    thread = threading.Thread(target=server.serve_forever, args=(POLL_SECONDS,))
    thread.start()
    try:
        yield sinks[0]
    finally:
        sinks[0].goes_on.set()
        server.shutdown()
        thread.join()
        server.server_close()
