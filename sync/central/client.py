"""One bounded HTTP GET with the standard library. Shell: sockets.

Every wait is bounded: connecting and each read by ``timeout_s``, the whole answer by ``timeout_s`` plus the time the
gateway was asked to wait. The answer's size is bounded too.
"""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from sync.errors import CentralError
from sync.wire import PAGE_MAX_BYTES

_CHUNK = 256 * 1024


class Unreachable(CentralError):
    """No answer, or half of one; trying again later is right."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Status and whole body."""

    status: int
    body: bytes

    def json(self) -> dict[str, Any]:
        """The body as an object; raises CentralError when it is none."""
        try:
            value = json.loads(self.body)
        except (ValueError, RecursionError):
            value = None
        if not isinstance(value, dict):
            raise CentralError(
                f"网关的回答（{self.status}）不是 JSON", f"the gateway's answer ({self.status}) is not JSON"
            )
        return value


class Client:
    """Asks one gateway; a connection per request, so that nothing is left over from a failed one."""

    def __init__(self, url: str, token: str, timeout_s: float, ca_file: str | None = None) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise CentralError(
                f"网关地址 {url!r} 应形如 http://主机:端口", f"gateway address {url!r} must look like http://host:port"
            )
        self.url = url.rstrip("/")
        self._parts = parts
        self._token = token
        self._timeout_s = timeout_s
        self._tls = ssl.create_default_context(cafile=ca_file) if parts.scheme == "https" else None
        self._conn: http.client.HTTPConnection | None = None

    def get(self, path: str, query: dict[str, Any], wait_s: float = 0.0) -> Answer:
        """One request; raises Unreachable when no whole answer came in time."""
        conn = self._connection(self._timeout_s + wait_s)
        self._conn = conn
        words = urlencode({name: value for name, value in query.items() if value is not None})
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        try:
            conn.request("GET", f"{self._parts.path.rstrip('/')}{path}?{words}", headers=headers)
            answer = conn.getresponse()
            return Answer(answer.status, self._body(answer, time.monotonic() + self._timeout_s + wait_s))
        except (OSError, http.client.HTTPException, ValueError) as error:
            why = f"{type(error).__name__}: {error}"
            raise Unreachable(f"连不上网关 {self.url}：{why}", f"gateway {self.url} does not answer: {why}") from error
        finally:
            self._conn = None
            conn.close()

    def interrupt(self) -> None:
        """End a request that another thread waits for."""
        conn = self._conn
        if conn is not None and conn.sock is not None:
            with suppress(OSError):
                conn.sock.shutdown(socket.SHUT_RDWR)

    def _connection(self, timeout_s: float) -> http.client.HTTPConnection:
        host, port = self._parts.hostname or "", self._parts.port
        if self._tls is not None:
            return http.client.HTTPSConnection(host, port, timeout=timeout_s, context=self._tls)
        return http.client.HTTPConnection(host, port, timeout=timeout_s)

    def _body(self, answer: http.client.HTTPResponse, deadline_s: float) -> bytes:
        data = bytearray()
        while chunk := answer.read1(_CHUNK):
            data += chunk
            if len(data) > PAGE_MAX_BYTES:
                raise Unreachable("网关的回答过大", f"the answer exceeds {PAGE_MAX_BYTES} bytes")
            if time.monotonic() > deadline_s:
                raise Unreachable("网关的回答过慢", "the answer takes too long")
        if answer.length:
            raise Unreachable("网关的回答不完整", f"the answer lacks {answer.length} bytes")
        return bytes(data)
