"""Network cameras to test against: a real RTSP server in a child process, and small HTTP and dumb TCP ones."""

from __future__ import annotations

import base64
import contextlib
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

SYSTEM_PYTHON = "/usr/bin/python3"
"""GStreamer's bindings belong to the system's Python, not to a virtual environment."""

_RTSP_SERVER = """
import sys, gi
gi.require_version("Gst", "1.0"); gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer
if sys.argv[1:] == ["--check"]: sys.exit(0)
Gst.init(None)
server = GstRtspServer.RTSPServer()
server.set_address("127.0.0.1"); server.set_service(sys.argv[1])
factory = GstRtspServer.RTSPMediaFactory()
factory.set_launch(sys.argv[2]); factory.set_shared(True)
if len(sys.argv) > 3:
    name, password = sys.argv[3].split(":")
    auth, token = GstRtspServer.RTSPAuth(), GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", name)
    auth.add_basic(GstRtspServer.RTSPAuth.make_basic(name, password), token)
    server.set_auth(auth)
    permissions = GstRtspServer.RTSPPermissions()
    permissions.add_permission_for_role(name, "media.factory.access", True)
    permissions.add_permission_for_role(name, "media.factory.construct", True)
    factory.set_permissions(permissions)
server.get_mount_points().add_factory("/live", factory)
if server.attach(None) == 0: sys.exit("port is taken")
print(server.get_bound_port(), flush=True)
GLib.MainLoop().run()
"""


def rtsp_missing() -> str | None:
    """Why no RTSP server can be had on this machine, or None."""
    if not Path(SYSTEM_PYTHON).exists():
        return f"no {SYSTEM_PYTHON}"
    check = subprocess.run([SYSTEM_PYTHON, "-c", _RTSP_SERVER, "--check"], capture_output=True, timeout=60, check=False)
    if check.returncode != 0:
        return "no GStreamer RTSP server: apt install gir1.2-gst-rtsp-server-1.0 python3-gi gstreamer1.0-plugins-good"
    return None


class RtspServer:
    """GStreamer's RTSP server with one stream, ``/live``."""

    def __init__(self, launch: str, log_in: str = "") -> None:
        self._arguments = [launch, *filter(None, [log_in])]
        self.port = 0
        self._process: subprocess.Popen[str] | None = None
        self.start()

    @classmethod
    def film(cls, path: Path) -> RtspServer:
        """Serves an H.264 film once from its beginning."""
        return cls(f"( filesrc location={path} ! qtdemux ! rtph264pay name=pay0 pt=96 config-interval=1 )")

    @classmethod
    def moving(cls, log_in: str = "", pattern: str = "ball") -> RtspServer:
        """Serves an endless MJPEG test picture."""
        return cls(
            f"( videotestsrc is-live=true pattern={pattern}"
            " ! video/x-raw,format=I420,width=320,height=240,framerate=10/1"
            " ! jpegenc ! rtpjpegpay name=pay0 pt=26 )",
            log_in,
        )

    @property
    def url(self) -> str:
        return f"rtsp://127.0.0.1:{self.port}/live"

    def start(self) -> None:
        """Start, on the same port as before."""
        self._process = subprocess.Popen(
            [SYSTEM_PYTHON, "-c", _RTSP_SERVER, str(self.port), *self._arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())

    def pause(self) -> None:
        """The camera hangs: its sockets stay open and say nothing."""
        assert self._process is not None
        subprocess.run(["kill", "-STOP", str(self._process.pid)], check=True)

    def kill(self) -> None:
        """The camera loses power."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            assert self._process.stdout is not None
            self._process.stdout.close()
            self._process = None


@contextlib.contextmanager
def tcp_server(serve: Callable[[socket.socket], None]) -> Iterator[int]:
    """A server on a free port; each connection is handled by `serve` in a thread, and closed after it."""
    listener = socket.create_server(("127.0.0.1", 0))
    open_peers: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def handle(peer: socket.socket) -> None:
        with contextlib.suppress(OSError), peer:
            serve(peer)

    def accept() -> None:
        while True:
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            open_peers.append(peer)
            threads.append(threading.Thread(target=handle, args=(peer,), daemon=True))
            threads[-1].start()

    accepter = threading.Thread(target=accept, daemon=True)
    accepter.start()
    try:
        yield listener.getsockname()[1]
    finally:
        with contextlib.suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for peer in open_peers:
            with contextlib.suppress(OSError):
                peer.shutdown(socket.SHUT_RDWR)
            peer.close()
        accepter.join(10)
        for thread in threads:
            thread.join(10)


Serve = Callable[..., RtspServer]
"""Starts a server that ends with the test: `RtspServer.film` and the like, and what they take."""


def say_nothing(peer: socket.socket) -> None:
    """Accepts, listens, and never answers."""
    while peer.recv(4096):
        pass


def say_garbage(peer: socket.socket) -> None:
    """Answers everything with bytes that are no protocol."""
    peer.recv(4096)
    peer.sendall(bytes(range(256)) * 64)


def mjpeg(
    pictures: Callable[[int], bytes], *, fps: float = 20.0, count: int | None = None, log_in: str = ""
) -> Callable[[socket.socket], None]:
    """A camera that answers GET with multipart/x-mixed-replace; falls silent after `count` pictures.

    With `log_in` ("name:password") it wants that by Basic authentication.
    """
    wanted = base64.b64encode(log_in.encode())

    def serve(peer: socket.socket) -> None:
        request = peer.recv(4096)
        if log_in and wanted not in request:
            peer.sendall(b'HTTP/1.0 401 Unauthorized\r\nWWW-Authenticate: Basic realm="camera"\r\n\r\n')
            return
        kind = b"multipart/x-mixed-replace; boundary=frame"
        peer.sendall(b"HTTP/1.0 200 OK\r\nContent-Type: " + kind + b"\r\nConnection: close\r\n\r\n")
        number = 0
        while count is None or number < count:
            body = pictures(number)
            head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            peer.sendall(head + body + b"\r\n")
            number += 1
            time.sleep(1.0 / fps)
        say_nothing(peer)

    return serve


def wait_until(condition: Callable[[], bool], what: str, timeout_s: float = 40.0) -> None:
    """Wait for a condition with a generous deadline; fails with `what` was awaited."""
    deadline_s = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline_s, f"waited {timeout_s} s for {what}"
        time.sleep(0.02)
