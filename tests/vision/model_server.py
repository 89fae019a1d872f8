"""A local HTTP server of files that can be told to misbehave, one request after the other."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Behaviour = Callable[["Handler", bytes], None]
"""Answers one request for these bytes."""


@dataclass
class FileServer:
    """What it serves, how it answers the next requests (then well), and what it was asked."""

    files: dict[str, bytes]
    """By path, with the leading slash; ``*`` for any path."""
    script: list[Behaviour] = field(default_factory=list)
    always: Behaviour | None = None
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    """Path, Range and If-Range of each request."""
    etag: str = '"v1"'
    port: int = 0
    stop: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def ranges(self) -> list[str]:
        return [asked[1] for asked in self.asked]


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        served = self.server.served
        headers = self.headers
        served.asked.append((self.path, headers.get("Range", ""), headers.get("If-Range", "")))
        data = served.files.get(self.path, served.files.get("*"))
        if data is None:
            self.send_error(404)
            return
        behaviour = served.script.pop(0) if served.script else served.always or well
        self.close_connection = True
        # The client may have had enough, which is what some tests are about.
        with suppress(BrokenPipeError, ConnectionResetError):
            behaviour(self, data)

    def head(self, status: int, **headers: str) -> None:
        """Status line and headers."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Connection", "close")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Silence."""


class Server(ThreadingHTTPServer):
    """Knows what it serves."""

    daemon_threads = True

    def __init__(self, served: FileServer) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.served = served


@contextmanager
def serving(files: dict[str, bytes], **how: object) -> Iterator[FileServer]:
    """While it lasts, the files are served."""
    served = FileServer(files, **how)  # type: ignore[arg-type]
    server = Server(served)
    served.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield served
    finally:
        served.stop.set()
        server.shutdown()
        server.server_close()
        thread.join(20)
        assert not thread.is_alive()


def well(handler: Handler, data: bytes) -> None:
    """As RFC 9110 wants it: ranges, entity tag, If-Range."""
    etag = handler.server.served.etag
    wanted, condition = handler.headers.get("Range"), handler.headers.get("If-Range")
    if wanted is None or (condition is not None and condition != etag):
        handler.head(200, Content_Length=str(len(data)), ETag=etag)
        handler.wfile.write(data)
        return
    first = int(wanted.removeprefix("bytes=").removesuffix("-"))
    if first >= len(data):
        handler.head(416, Content_Range=f"bytes */{len(data)}", Content_Length="0")
        return
    span = f"bytes {first}-{len(data) - 1}/{len(data)}"
    handler.head(206, Content_Length=str(len(data) - first), Content_Range=span, ETag=etag)
    handler.wfile.write(data[first:])


def cut(count: int) -> Behaviour:
    """Promises all, ends after so many bytes; goes on from a range."""

    def behaviour(handler: Handler, data: bytes) -> None:
        wanted = handler.headers.get("Range")
        etag = handler.server.served.etag
        if wanted is None:
            handler.head(200, Content_Length=str(len(data)), ETag=etag)
            handler.wfile.write(data[:count])
            return
        first = int(wanted.removeprefix("bytes=").removesuffix("-"))
        span = f"bytes {first}-{len(data) - 1}/{len(data)}"
        handler.head(206, Content_Length=str(len(data) - first), Content_Range=span, ETag=etag)
        handler.wfile.write(data[first : first + count])

    return behaviour


def no_ranges(handler: Handler, data: bytes) -> None:
    """Sends all, whatever it was asked; no entity tag."""
    handler.head(200, Content_Length=str(len(data)))
    handler.wfile.write(data)


def cut_no_ranges(count: int) -> Behaviour:
    """As above, but ends early."""

    def behaviour(handler: Handler, data: bytes) -> None:
        handler.head(200, Content_Length=str(len(data)))
        handler.wfile.write(data[:count])

    return behaviour


def without_length(handler: Handler, data: bytes) -> None:
    """The end of the connection is the end of the file."""
    handler.head(200)
    handler.wfile.write(data)


def endless(handler: Handler, _: bytes) -> None:
    """Never ends."""
    handler.head(200)
    while not handler.server.served.stop.is_set():
        handler.wfile.write(bytes(65536))


def silent(handler: Handler, data: bytes) -> None:
    """Promises, and says no more."""
    handler.head(200, Content_Length=str(len(data)))
    handler.server.served.stop.wait(60)


def trickle(handler: Handler, data: bytes) -> None:
    """A few bytes a second: never silent, never done."""
    handler.head(200, Content_Length=str(len(data)))
    for index in range(0, len(data), 4):
        handler.wfile.write(data[index : index + 4])
        handler.wfile.flush()
        if handler.server.served.stop.wait(0.05):
            return


def status(code: int, **headers: str) -> Behaviour:
    """An empty answer with this status."""

    def behaviour(handler: Handler, _: bytes) -> None:
        handler.head(code, Content_Length="0", **headers)

    return behaviour


def instead(data: bytes, **headers: str) -> Behaviour:
    """Other bytes."""

    def behaviour(handler: Handler, _: bytes) -> None:
        handler.head(200, Content_Length=str(len(data)), **headers)
        handler.wfile.write(data)

    return behaviour


def part(span: str, data: bytes, etag: str = '"v1"') -> Behaviour:
    """206 with any Content-Range."""

    def behaviour(handler: Handler, _: bytes) -> None:
        handler.head(206, Content_Length=str(len(data)), Content_Range=span, ETag=etag)
        handler.wfile.write(data)

    return behaviour


def hang_up(handler: Handler, _: bytes) -> None:
    """Ends without a word."""
    handler.wfile.flush()
