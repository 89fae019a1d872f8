"""Shell: why a network camera could not be opened. OpenCV only says "no"; an installer needs a reason."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

from vision.errors import Garbage, SourceError, Stalled, Unreachable

DEFAULT_PORTS = {"rtsp": 554, "rtsps": 322, "http": 80, "https": 443}
_STATUS_BYTES_MAX = 512


def look_up(address: str) -> None:
    """Check that the host's name has an address, before FFmpeg does and says less. Raises `Unreachable`."""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port or DEFAULT_PORTS.get(parts.scheme, 0)
    except ValueError:
        raise Unreachable("地址写法有误", "the address is not well-formed") from None
    try:
        if not host:
            raise OSError("empty name")
        socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unreachable(
            f"找不到主机 {host}：{error}，请查地址与 DNS", f"no such host {host}: {error}; check the address and DNS"
        ) from None


def diagnose(address: str, *, timeout_s: float) -> SourceError:
    """The error to report for an address that did not open, found by one short conversation of our own.

    No credentials are sent: the question is only who answers, and how. Takes at most about twice `timeout_s`.
    """
    parts = urlsplit(address)
    host, port = parts.hostname or "", parts.port or DEFAULT_PORTS.get(parts.scheme, 0)
    place = f"{host}:{port}"
    try:
        with socket.create_connection((host, port), timeout=timeout_s) as peer:
            if parts.scheme in ("rtsps", "https"):
                return Garbage(f"{place} 有应答但打不开视频", f"{place} answers, but gives no video")
            peer.sendall(_question(parts.scheme, place, parts.path or "/"))
            return _judge(place, parts.scheme, peer.recv(_STATUS_BYTES_MAX))
    except TimeoutError:
        return _silent(place, address, timeout_s)
    except OSError as error:
        reason = error.strerror or str(error)
        return Unreachable(
            f"连不上 {place}：{reason}，请查电源与网线",
            f"cannot reach {place}: {reason}; check power and cable",
        )


def _silent(place: str, address: str, timeout_s: float) -> SourceError:
    """Nobody at home, or somebody who listens and says nothing?"""
    parts = urlsplit(address)
    try:
        port = parts.port or DEFAULT_PORTS.get(parts.scheme, 0)
        socket.create_connection((parts.hostname or "", port), timeout=timeout_s).close()
    except OSError:
        return Unreachable(
            f"连不上 {place}：超时，请查电源与网线", f"cannot reach {place}: timed out; check power and cable"
        )
    return Stalled(
        f"{place} 接受连接但不应答，请重启摄像机",
        f"{place} accepts the connection and says nothing; restart the camera",
    )


def _question(scheme: str, place: str, path: str) -> bytes:
    if scheme == "rtsp":
        return f"DESCRIBE rtsp://{place}{path} RTSP/1.0\r\nCSeq: 1\r\nAccept: application/sdp\r\n\r\n".encode()
    return f"GET {path} HTTP/1.0\r\nHost: {place}\r\n\r\n".encode()


def _judge(place: str, scheme: str, answer: bytes) -> SourceError:
    """What the first line of the answer tells."""
    if not answer:
        return Garbage(f"{place} 随即断开", f"{place} hangs up at once")
    words = answer.split(b"\r\n", 1)[0].split(b" ", 2)
    protocol = b"RTSP/" if scheme == "rtsp" else b"HTTP/"
    if not words[0].startswith(protocol) or len(words) < 2 or not words[1].isdigit():
        return Garbage(f"{place} 的应答不是 {protocol.decode()}", f"{place} does not answer in {protocol.decode()}")
    status = int(words[1])
    if status in (401, 403):
        return Unreachable(
            f"{place} 要求登录（{status}），请查用户名和密码",
            f"{place} wants a log-in ({status}); check name and password",
        )
    if status >= 300:
        return Unreachable(
            f"{place} 拒绝（{status}），请查地址路径",
            f"{place} refuses ({status}); check the path of the address",
        )
    return Garbage(f"{place} 有应答但没有可用画面", f"{place} answers, but no usable picture comes")
