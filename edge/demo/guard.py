"""The demonstration's guard: a real HTTP client of the page's API, with a session of its own. Shell: sockets."""

from __future__ import annotations

import http.client
import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

TIMEOUT_S = 10.0


class Guard:
    """Logs in with a one-time token and does what a guard's browser does. Blocking; call it in a thread."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._address = (parts.hostname or "127.0.0.1", parts.port or 80)
        self._headers: dict[str, str] = {"Content-Type": "application/json"}

    def log_in(self, token: str) -> None:
        """Redeem the token for a session."""
        status, headers, body = self._request("POST", "/v1/session", {"token": token})
        if status >= 300:
            raise RuntimeError(f"log-in refused: {status} {body}")
        self._headers["Cookie"] = headers["set-cookie"].split(";", 1)[0]
        self._headers["X-Menwei-CSRF"] = body["csrf"]

    @property
    def headers(self) -> dict[str, str]:
        """Cookie and CSRF token of the session, for another client."""
        return dict(self._headers)

    def get(self, path: str) -> Any:
        """A page of the API; raises RuntimeError when it is refused."""
        status, _, body = self._request("GET", path)
        if status >= 300:
            raise RuntimeError(f"{path}: {status} {body}")
        return body

    def post(self, path: str, body: dict[str, Any]) -> tuple[int, Any]:
        """Press a button of the page: its request id is made here; returns status and verdict."""
        status, _, verdict = self._request("POST", path, {"request_id": uuid.uuid4().hex, **body})
        return status, verdict

    def waiting(self, lane: str) -> list[dict[str, Any]]:
        """Vehicles that wait at a lane for the guard."""
        lanes = self.get("/v1/state")["lanes"]
        found: list[dict[str, Any]] = next(row["waiting"] for row in lanes if row["name"] == lane)
        return [visitor for visitor in found if not visitor["gone"]]

    def boards_up(self) -> list[bool]:
        """For every board of relays and contacts whether it answers."""
        return [bool(row["up"]) for row in self.get("/v1/state")["boards"]]

    def open(self, lane: str, visit: str, reason: str) -> tuple[bool, str]:
        """Open by hand; returns the gateway's verdict."""
        return self._act(lane, "open", visit, reason)

    def refuse(self, lane: str, visit: str, reason: str) -> tuple[bool, str]:
        """Turn a vehicle away; returns the gateway's verdict."""
        return self._act(lane, "refuse", visit, reason)

    def issue_code(self, door: str, host: str, visitor: str, for_s: float) -> str:
        """Issue a visitor's code at the desk; its digits, empty when it was refused."""
        now = datetime.now(UTC)
        window = {"not_before": now - timedelta(seconds=1), "not_after": now + timedelta(seconds=for_s)}
        body = {"host": host, "visitor": visitor, "gates": [door], **{k: v.isoformat() for k, v in window.items()}}
        _, verdict = self.post("/v1/visitors", body)
        return str(verdict.get("code", ""))

    def _act(self, lane: str, what: str, visit: str, reason: str) -> tuple[bool, str]:
        _, verdict = self.post(f"/v1/lanes/{lane}/{what}", {"visit": visit, "reason": reason})
        return bool(verdict.get("ok")), str(verdict.get("reason", ""))

    def _request(self, method: str, path: str, body: Any = None) -> tuple[int, dict[str, str], Any]:
        connection = http.client.HTTPConnection(*self._address, timeout=TIMEOUT_S)
        try:
            data = None if body is None else json.dumps(body)
            connection.request(method, path, data, self._headers)
            reply = connection.getresponse()
            headers = {name.lower(): value for name, value in reply.getheaders()}
            return reply.status, headers, json.loads(reply.read() or b"null")
        finally:
            connection.close()
