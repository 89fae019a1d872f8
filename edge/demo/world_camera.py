"""A rendered camera as a network stream: MJPEG over HTTP on loopback. Shell: sockets and threads.

Answers any path with ``multipart/x-mixed-replace``, as many real cameras do. Nothing is rendered while nobody
watches. ``down`` drops all connections and refuses new ones, ``up`` listens on the same port again.
"""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast

BOUNDARY = "menweiframe"
CLIENTS_MAX = 8
_SEND_TIMEOUT_S = 5.0
_SEND_BUFFER = 128 * 1024


class MjpegCamera:
    """One camera: ``encode(number)`` gives a JPEG, called at most ``fps`` times a second for all clients together."""

    def __init__(self, name: str, encode: Callable[[int], bytes], fps: float = 10.0) -> None:
        self.name = name
        self.frames_rendered = 0
        self._encode = encode
        self._period_s = 1.0 / fps
        self._server: _Server | None = None
        self._port = 0
        self._fresh = threading.Condition()
        self._picture = b""
        self._watchers = 0

    @property
    def url(self) -> str:
        """The address, the same for the camera's whole life."""
        return f"http://127.0.0.1:{self._port}/{self.name}.mjpg"

    def up(self) -> None:
        """Listen; nothing happens when it does."""
        if self._server is not None:
            return
        self._server = _Server(("127.0.0.1", self._port), self)
        self._port = self._server.server_address[1]
        for target, name in ((self._server.serve_forever, "accept"), (self._render, "render")):
            threading.Thread(target=target, args=(0.1,) if name == "accept" else (self._server,), daemon=True).start()

    def down(self) -> None:
        """Drop every client and refuse new ones."""
        server, self._server = self._server, None
        if server is None:
            return
        server.closing.set()
        server.shutdown()
        server.server_close()
        server.drop_clients()
        with self._fresh:
            self._fresh.notify_all()

    def _render(self, server: _Server) -> None:
        due_s = time.monotonic()
        while not server.closing.is_set():
            with self._fresh:
                if not self._watchers:
                    self._fresh.wait(1.0)
                    due_s = time.monotonic()
                    continue
            picture = self._encode(self.frames_rendered)
            with self._fresh:
                self._picture = picture
                self.frames_rendered += 1
                self._fresh.notify_all()
            due_s = max(due_s + self._period_s, time.monotonic())
            server.closing.wait(due_s - time.monotonic())

    def _watch(self, delta: int) -> bool:
        """Count a client in or out; False: there are too many."""
        with self._fresh:
            if delta > 0 and self._watchers >= CLIENTS_MAX:
                return False
            self._watchers += delta
            self._fresh.notify_all()
            return True

    def _next(self, seen: int, server: _Server) -> tuple[int, bytes] | None:
        """Wait for a picture newer than number ``seen``; None: the camera goes down."""
        with self._fresh:
            while self.frames_rendered <= seen and not server.closing.is_set():
                self._fresh.wait(1.0)
            return None if server.closing.is_set() else (self.frames_rendered, self._picture)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, address: tuple[str, int], camera: MjpegCamera) -> None:
        self.camera = camera
        self.closing = threading.Event()
        self._clients: set[socket.socket] = set()
        self._lock = threading.Lock()
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._lock:
            self._clients.add(request)
        # Few frames may wait in the kernel, else a slow client would watch the past.
        request.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._clients.discard(request)
        super().shutdown_request(request)

    def drop_clients(self) -> None:
        with self._lock:
            for client in self._clients:
                with contextlib.suppress(OSError):  # it has just gone by itself
                    client.shutdown(socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    timeout = _SEND_TIMEOUT_S

    def do_GET(self) -> None:
        server = cast(_Server, self.server)
        if not server.camera._watch(1):
            self.send_error(503, "too many clients")
            return
        try:
            with contextlib.suppress(ConnectionError, TimeoutError):  # the client went away or hangs
                self._stream(server)
        finally:
            server.camera._watch(-1)

    def _stream(self, server: _Server) -> None:
        self.send_response(200)
        self.send_header("Content-Type", f"multipart/x-mixed-replace;boundary={BOUNDARY}")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        seen = server.camera.frames_rendered
        while (fresh := server.camera._next(seen, server)) is not None:
            seen, picture = fresh
            head = f"--{BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(picture)}\r\n\r\n"
            self.wfile.write(head.encode() + picture + b"\r\n")

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: standard output belongs to the control protocol."""
