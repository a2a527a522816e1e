"""A bucket as the S3 API describes it: conditional writes, ETags, listing, deletion. Signatures are not checked."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

from obstore.store import S3Store

BUCKET = "bucket"


class _Bucket(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    objects: dict[str, bytes]
    lock: threading.Lock

    def _key(self) -> str:
        return unquote(urlsplit(self.path).path).removeprefix(f"/{BUCKET}").lstrip("/")

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("content-length", 0)))

    def _answer(self, status: int, content: bytes = b"", **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_PUT(self) -> None:
        """PutObject: `If-None-Match: *` creates, `If-Match` replaces what was read; 412 otherwise."""
        body, key = self._body(), self._key()
        with self.lock:
            there = self.objects.get(key)
            wanted = self.headers.get("if-match")
            refused = self.headers.get("if-none-match") == "*" and there is not None
            if refused or (wanted is not None and (there is None or etag(there) != wanted)):
                self._answer(412, b"<Error><Code>PreconditionFailed</Code></Error>")
                return
            self.objects[key] = body
        self._answer(200, ETag=etag(body))

    def do_GET(self) -> None:
        """GetObject, or ListObjectsV2."""
        if "list-type" in parse_qs(urlsplit(self.path).query):
            self._answer(200, self._listing().encode(), Content_Type="application/xml")
            return
        there = self.objects.get(self._key())
        if there is None:
            self._answer(404, b"<Error><Code>NoSuchKey</Code></Error>")
            return
        self._answer(200, there, ETag=etag(there), Last_Modified="Tue, 24 Nov 2026 09:30:00 GMT")

    def do_DELETE(self) -> None:
        """DeleteObject answers 204 whether there was one or not."""
        self.objects.pop(self._key(), None)
        self._answer(204)

    def do_POST(self) -> None:
        """DeleteObjects."""
        keys = re.findall(r"<Key>([^<]*)</Key>", self._body().decode())
        for key in keys:
            self.objects.pop(key, None)
        gone = "".join(f"<Deleted><Key>{escape(key)}</Key></Deleted>" for key in keys)
        self._answer(200, f"<DeleteResult>{gone}</DeleteResult>".encode(), Content_Type="application/xml")

    def _listing(self) -> str:
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        found = "".join(
            f"<Contents><Key>{escape(key)}</Key><LastModified>{now}</LastModified>"
            f"<ETag>{escape(etag(data))}</ETag><Size>{len(data)}</Size></Contents>"
            for key, data in sorted(self.objects.items())
        )
        head = f"<Name>{BUCKET}</Name><KeyCount>{len(self.objects)}</KeyCount><IsTruncated>false</IsTruncated>"
        return f"<ListBucketResult>{head}{found}</ListBucketResult>"

    def log_message(self, format: str, *_arguments: object) -> None:
        """Quiet."""


def etag(data: bytes) -> str:
    """As S3 makes it of a small object."""
    return f'"{hashlib.md5(data, usedforsecurity=False).hexdigest()}"'


@contextmanager
def bucket() -> Iterator[S3Store]:
    """obstore's client of an empty bucket that exists while the block runs."""
    handler = type("Bucket", (_Bucket,), {"objects": {}, "lock": threading.Lock()})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield S3Store(
            BUCKET,
            endpoint=f"http://127.0.0.1:{server.server_port}",
            region="eu-north-1",
            access_key_id="key",
            secret_access_key="secret",
            client_options={"allow_http": True},
        )
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
