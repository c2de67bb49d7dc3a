"""A webhook for tests: a real HTTP server on 127.0.0.1 that answers as it is told and keeps what it was sent."""

import contextlib
import itertools
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Webhook:
    """Its address, how it answers (status codes, the last one for ever), and the bodies it was sent."""

    url: str = ""
    statuses: list[int] = field(default_factory=lambda: [200])
    answer: bytes = b"ok"
    delay: float = 0.0
    drip: float = 0.0
    bodies: list[dict] = field(default_factory=list)

    @property
    def texts(self) -> list[str]:
        """The text of each notice that arrived."""
        return [body["text"] for body in self.bodies]


@contextmanager
def webhook(*statuses: int, path: str = "/services/T0/B0/x", **more) -> Iterator[Webhook]:
    """A running webhook; it is gone at the end."""
    told = Webhook(statuses=list(statuses) or [200], **more)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            told.bodies.append(json.loads(body))
            time.sleep(told.delay)
            if told.drip:
                self._drip()
                return
            status = told.statuses.pop(0) if len(told.statuses) > 1 else told.statuses[0]
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", told.url)
            self.send_header("Content-Length", str(len(told.answer)))
            self.end_headers()
            self.wfile.write(told.answer)

        def do_GET(self):
            self._drip()

        do_CONNECT = do_GET  # noqa: N815

        def _drip(self):
            """Answer one byte after the other, as long as it is told to."""
            with contextlib.suppress(OSError):  # who asked has gone away
                for byte in itertools.cycle(b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 1000):
                    if not told.drip:
                        return
                    self.wfile.write(bytes([byte]))
                    self.wfile.flush()
                    time.sleep(told.drip)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    told.url = f"http://127.0.0.1:{server.server_port}{path}"
    try:
        yield told
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
