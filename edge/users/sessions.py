"""Log-in sessions: random ids, idle expiry, a CSRF token each. Shell: random numbers and one small file.

The file (mode 0600) holds hashes of the ids, so that a guard stays logged in when the gateway restarts at night, and
nobody who reads the file can log in with it. Durations run on the monotonic clock that is passed in.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from edge.users.roles import Role
from edge.users.secret_files import SecretFileError, read_json, write_secret

SESSIONS_MAX = 200
SAVE_EVERY_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One logged-in browser."""

    name: str
    role: Role
    by_token: bool
    """Logged in by a one-time token, not by an account."""
    key: str
    """SHA-256 of the cookie; the cookie itself is not kept."""
    csrf: str
    seen_mono_s: float
    tablet: str = ""
    """Key of the tablet on which it was begun by PIN; empty for every other log-in."""

    def csrf_matches(self, given: str) -> bool:
        """Compared in constant time."""
        return hmac.compare_digest(self.csrf.encode(), given.encode())


class Sessions:
    """All sessions of this gateway, at most 200; the longest idle goes first."""

    def __init__(self, path: Path, *, idle_s: float, mono: Callable[[], float], wall: Callable[[], float]) -> None:
        self._path, self._idle_s, self._mono, self._wall = path, idle_s, mono, wall
        self._saved_mono_s = mono()
        self._sessions = self._load()

    def start(self, name: str, role: Role, *, by_token: bool, tablet: str = "") -> tuple[str, Session]:
        """A new session and its cookie; the id is always fresh."""
        cookie = secrets.token_urlsafe(32)
        session = Session(
            name=name,
            role=role,
            by_token=by_token,
            key=_key(cookie),
            csrf=secrets.token_urlsafe(24),
            seen_mono_s=self._mono(),
            tablet=tablet,
        )
        self._drop_idle()
        while len(self._sessions) >= SESSIONS_MAX:
            del self._sessions[min(self._sessions.values(), key=lambda s: s.seen_mono_s).key]
        self._sessions[session.key] = session
        self._save()
        return cookie, session

    def find(self, cookie: str, *, touch: bool = True) -> Session | None:
        """The live session of a cookie; ``touch`` counts as activity."""
        session = self.alive(_key(cookie))
        if session is None or not touch:
            return session
        session = replace(session, seen_mono_s=self._mono())
        self._sessions[session.key] = session
        if self._mono() - self._saved_mono_s >= SAVE_EVERY_S:
            self._save()
        return session

    def alive(self, key: str) -> Session | None:
        """The session with this key unless it has been idle too long or ended."""
        session = self._sessions.get(key)
        if session is not None and self._mono() - session.seen_mono_s > self._idle_s:
            self.end(key)
            return None
        return session

    def end(self, key: str) -> None:
        """Log out; a key that is not there is no error."""
        if self._sessions.pop(key, None) is not None:
            self._save()

    def _drop_idle(self) -> None:
        now_s = self._mono()
        self._sessions = {k: s for k, s in self._sessions.items() if now_s - s.seen_mono_s <= self._idle_s}

    def _save(self) -> None:
        self._saved_mono_s = self._mono()
        rows = [
            {
                "name": s.name,
                "role": s.role.value,
                "by_token": s.by_token,
                "key": s.key,
                "csrf": s.csrf,
                "tablet": s.tablet,
                "seen_at_s": self._wall() - (self._mono() - s.seen_mono_s),
            }
            for s in self._sessions.values()
        ]
        try:
            write_secret(self._path, json.dumps({"sessions": rows}, ensure_ascii=False) + "\n")
        except OSError:
            # A full disk must not log anybody out: the sessions live on in memory and are lost at a restart only.
            self.save_failures += 1

    save_failures: int = 0

    def _load(self) -> dict[str, Session]:
        try:
            rows = read_json(self._path, {"sessions": []})["sessions"]
            found = [self._session(row) for row in rows]
        except (SecretFileError, KeyError, TypeError, ValueError):
            return {}  # damaged: everybody logs in again, the gate works on
        return {s.key: s for s in found if self._mono() - s.seen_mono_s <= self._idle_s}

    def _session(self, row: dict[str, object]) -> Session:
        idle_s = max(0.0, self._wall() - float(str(row["seen_at_s"])))
        return Session(
            name=str(row["name"]),
            role=Role(str(row["role"])),
            by_token=bool(row["by_token"]),
            key=str(row["key"]),
            csrf=str(row["csrf"]),
            seen_mono_s=self._mono() - idle_s,
            tablet=str(row.get("tablet", "")),
        )


def _key(cookie: str) -> str:
    return hashlib.sha256(cookie.encode()).hexdigest()
