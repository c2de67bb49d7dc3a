"""One POST that ends in time, whatever answers it, and however slowly."""

import contextlib
import http.client
import socket
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


def post(url: str, body: bytes, *, seconds: float) -> None:
    """Send JSON; what is answered with a success is not read.

    Raises:
        urllib.error.HTTPError: the answer is another one; a redirect is not followed.
        TimeoutError: it did not come in time, all of its head included.
        OSError, ValueError, http.client.HTTPException: there is no answer.
    """
    request = urllib.request.Request(url, data=body, headers={"Content-Type": "application/json"})  # noqa: S310
    line = _Line()
    try:
        with line.cut_after(seconds), line.opener().open(request, timeout=seconds):
            pass
    except (OSError, http.client.HTTPException):
        if line.is_cut:
            raise TimeoutError from None
        raise


class _Line:
    """The connections of one request, which can be cut: urllib's timeout bounds one read, and an answer has many."""

    def __init__(self) -> None:
        self.is_cut = False
        self._sockets: list[socket.socket] = []

    @contextmanager
    def cut_after(self, seconds: float) -> Iterator[None]:
        """Cut the line unless the block has ended by then."""
        timer = threading.Timer(seconds, self._cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def opener(self) -> urllib.request.OpenerDirector:
        """urllib's, through this line."""
        line = self

        class Plain(http.client.HTTPConnection):
            def connect(self) -> None:
                super().connect()
                line._sockets.append(self.sock)

        class Secure(http.client.HTTPSConnection):
            def _tunnel(self) -> None:  # what a proxy answers, before there is a line to the host
                line._sockets.append(self.sock)
                super()._tunnel()  # type: ignore[misc]

            def connect(self) -> None:
                super().connect()
                line._sockets.append(self.sock)

        class Http(urllib.request.HTTPHandler):
            def http_open(self, req: urllib.request.Request) -> Any:
                return self.do_open(Plain, req)

        class Https(urllib.request.HTTPSHandler):
            def https_open(self, req: urllib.request.Request) -> Any:
                return self.do_open(Secure, req)

        return urllib.request.build_opener(_NoRedirects, Http, Https)

    def _cut(self) -> None:
        self.is_cut = True
        for connection in self._sockets:
            with contextlib.suppress(OSError):  # it has ended by itself
                connection.shutdown(socket.SHUT_RDWR)


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A redirected POST would arrive as a GET, without the text, and look like a success."""

    def redirect_request(self, *_: Any) -> None:
        """Follow none."""
