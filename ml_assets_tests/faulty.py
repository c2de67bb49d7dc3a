"""A network that fails on purpose: a real HTTP proxy on 127.0.0.1 that spoils the requests it is told to."""

import contextlib
import http.client
import os
import random
import re
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal
from urllib.parse import urlsplit

NOW = struct.pack("ii", 1, 0)  # SO_LINGER: close by a reset


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What happens to one request.

    Attributes:
        kind: `answer` with an error; `delay` it; `reset` the connection in the middle of the upload, or of the
            answer where nothing is uploaded; let it be `lost`: it arrives, and the answer does not. Give `other` than
            what was asked for; give it `short`, the length in the head included; let it `drip`, byte by byte.
        status: of the answer.
        code: of the answer, as S3 calls it.
        seconds: of the delay, or between two bytes.
        body: what is given instead, or drips.
        headers: what stands in the head of it, or of an error.
    """

    kind: Literal["answer", "delay", "reset", "lost", "other", "short", "drip"]
    status: int = 500
    code: str = "InternalError"
    seconds: float = 0.0
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        """What it is counted as."""
        return self.code if self.kind == "answer" else self.kind


Rule = Callable[[str, str], Fault | None]
USUAL = (
    Fault(kind="answer"),
    Fault(kind="answer", status=503, code="SlowDown"),
    Fault(kind="delay", seconds=0.1),
    Fault(kind="reset"),
    Fault(kind="lost"),
)


def shuffled(*, each: int, seed: int, among: tuple[Fault, ...] = USUAL) -> Rule:
    """A rule that spoils one request in `each`, in every way equally often; the seed decides which and when."""
    draw, lock = random.Random(seed), threading.Lock()
    turns: list[bool] = []
    faults: list[Fault] = []

    def rule(_method: str, _path: str) -> Fault | None:
        with lock:
            if not turns:
                turns.extend(draw.sample([True] + [False] * (each - 1), each))
            if not faults:
                faults.extend(draw.sample(among, len(among)))
            return faults.pop() if turns.pop() else None

    return rule


@dataclass
class Network:
    """Its address, how many requests it saw, how many of them it spoiled in which way, and who asked."""

    url: str = ""
    requests: int = 0
    spoiled: Counter[str] = field(default_factory=Counter)
    asked: set[tuple[str, str]] = field(default_factory=set)

    def signers(self) -> set[tuple[str, str]]:
        """The key and the region that requests were signed with since this was last asked."""
        found, self.asked = self.asked, set()
        return found


@contextmanager
def faulty(target: str, rule: Rule, *, without: str = "") -> Iterator[Network]:
    """A network before the server at `target`; the rule is asked about the method and path of each request.

    The header `without` never arrives, as at a server that ignores it.
    """
    network = Network()
    known = {"target": urlsplit(target).netloc, "rule": staticmethod(rule), "without": without.lower()}
    handler = type("Proxy", (_Proxy,), known)
    handler.network = network
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    network.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield network
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Proxy(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # head and body of an answer go together
    target: str
    rule: Rule
    without: str
    network: Network

    def _handle(self) -> None:
        with contextlib.suppress(ConnectionError):  # the client has gone away
            self._serve()

    def _serve(self) -> None:
        fault = self.rule(self.command, self.path)
        self.network.requests += 1
        signed = re.search(r"Credential=([^/]+)/\d+/([^/]+)/s3/", self.headers.get("Authorization", ""))
        self.network.asked.add((signed[1], signed[2]) if signed else ("", ""))
        if fault:
            self.network.spoiled[fault.name] += 1
        size = int(self.headers.get("Content-Length") or 0)
        if fault and fault.kind == "reset" and size:
            self.rfile.read(size // 2)
            return self._reset()
        body = self.rfile.read(size)
        if fault and (fault.kind in {"answer", "other"} or fault.body):
            return self._answer_alone(fault)
        if fault and fault.kind == "delay":
            time.sleep(fault.seconds)
        answer, data = self._forward(body)
        if fault and fault.kind == "lost":
            return self._reset()
        if fault and fault.kind == "short" and self.command != "HEAD":
            data = data[: len(data) // 2]
        if fault and fault.kind == "drip":
            return self._drip(answer.status, answer.getheaders(), data, fault.seconds)
        return self._answer(answer, data, cut=bool(fault) and fault.kind == "reset")

    do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = _handle  # noqa: N815  # what http.server calls them

    def log_message(self, *_):
        pass

    def _forward(self, body: bytes) -> tuple[http.client.HTTPResponse, bytes]:
        connection = http.client.HTTPConnection(self.target, timeout=60)
        with contextlib.closing(connection):
            headers = {name: value for name, value in self.headers.items() if name.lower() != self.without}
            connection.request(self.command, self.path, body=body, headers=headers)
            answer = connection.getresponse()
            return answer, answer.read()

    def _answer(self, answer: http.client.HTTPResponse, data: bytes, *, cut: bool) -> None:
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in {"connection", "content-length", "transfer-encoding"}:
                self.send_header(name, value)
        length = answer.getheader("Content-Length") if self.command == "HEAD" else str(len(data))
        self.send_header("Content-Length", length or "0")
        self.end_headers()
        self.wfile.write(data[: len(data) // 2] if cut else data)
        if cut:
            self._reset()

    def _answer_alone(self, fault: Fault) -> None:
        """Nothing is asked of the server."""
        if fault.kind == "answer":
            self._answer_error(fault)
        elif fault.kind == "drip":
            self._drip(fault.status, fault.headers, fault.body, fault.seconds)
        else:
            self._give(fault.status, fault.headers, fault.body)

    def _answer_error(self, fault: Fault) -> None:
        """As S3 does, with what nobody may repeat in it."""
        data = (
            f"<Error><Code>{fault.code}</Code><Message>In other words.</Message>"
            f"<AWSAccessKeyId>AKIAC4N4RYENV0000001</AWSAccessKeyId><StringToSign>AWS4-HMAC-SHA256 c4n4ry"
            f"</StringToSign></Error>"
        ).encode()
        self._give(fault.status, (("Content-Type", "application/xml"), *fault.headers), data)

    def _give(self, status: int, headers: tuple[tuple[str, str], ...], data: bytes) -> None:
        self.send_response_only(status)
        for name, value in (*headers, ("Content-Length", str(len(data)))):
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def _drip(self, status: int, headers: Iterable[tuple[str, str]], data: bytes, seconds: float) -> None:
        self.send_response_only(status)
        for name, value in headers:
            if name.lower() not in {"connection", "transfer-encoding", "content-length"}:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        for place in range(len(data)):
            self.wfile.write(data[place : place + 1])
            self.wfile.flush()
            time.sleep(seconds)

    def _reset(self) -> None:
        """Close by a reset; closing the socket alone would wait for the files made of it."""
        self.wfile.flush()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NOW)
        os.close(self.connection.detach())
        self.close_connection = True
