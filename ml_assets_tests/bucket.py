"""A bucket for tests: a real HTTP server on 127.0.0.1 that holds some objects and denies others, as S3 does."""

import re
import threading
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

NAME = "rows"


class _Answers(BaseHTTPRequestHandler):
    """What S3 says to GET, HEAD and ListObjectsV2."""

    objects: Mapping[str, bytes]
    denied: Collection[str]

    def do_GET(self):
        parts = urlsplit(self.path)
        key = unquote(parts.path).removeprefix(f"/{NAME}").lstrip("/")
        if not key:
            self._send(200, _listing(self.objects, parse_qs(parts.query).get("prefix", [""])[0]))
        elif key in self.denied:
            self._send(403, b"<Error><Code>AccessDenied</Code></Error>")
        elif key in self.objects:
            self._send_part(self.objects[key])
        else:
            self._send(404, b"<Error><Code>NoSuchKey</Code></Error>")

    def do_HEAD(self):
        self.do_GET()

    def log_message(self, *_):
        pass

    def _send_part(self, body):
        wanted = re.fullmatch(r"bytes=(\d*)-(\d*)", self.headers.get("Range", ""))
        if not wanted:
            return self._send(200, body)
        first, last = wanted.groups()
        start = int(first) if first else max(0, len(body) - int(last))
        end = min(int(last), len(body) - 1) if first and last else len(body) - 1
        return self._send(206, body[start : end + 1], span=f"bytes {start}-{end}/{len(body)}")

    def _send(self, status, body, *, span=""):
        self.send_response(status)
        if span:
            self.send_header("Content-Range", span)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Last-Modified", "Sat, 01 Nov 2025 00:00:00 GMT")
        self.send_header("ETag", '"1"')
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


@contextmanager
def bucket(objects: Mapping[str, bytes], *, denied: Collection[str] = ()) -> Iterator[dict[str, str]]:
    """The variables under which `s3://rows` is these objects by key; reading a denied one is forbidden."""
    handler = type("Answers", (_Answers,), {"objects": objects, "denied": denied})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{server.server_port}",
            "AWS_ALLOW_HTTP": "true",
            "AWS_ACCESS_KEY_ID": "k",
            "AWS_SECRET_ACCESS_KEY": "s",
            "AWS_REGION": "eu-west-1",
        }
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _listing(objects, prefix):
    """The answer of ListObjectsV2, every key below the prefix."""
    items = "".join(
        f"<Contents><Key>{key}</Key><LastModified>2025-11-01T00:00:00.000Z</LastModified>"
        f'<ETag>"1"</ETag><Size>{len(data)}</Size></Contents>'
        for key, data in sorted(objects.items())
        if key.startswith(prefix)
    )
    return f"<ListBucketResult><IsTruncated>false</IsTruncated>{items}</ListBucketResult>".encode()
