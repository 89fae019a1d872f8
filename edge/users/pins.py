"""Guards' PINs for a shared tablet, and the tablets they hold for. Shell: files and argon2id.

A PIN of six to twelve digits is weak by itself: it opens only on a tablet that was bound to a post, belongs to the
account of a guard or supervisor, is set by its owner after a log-in by password, and is void as soon as that account
changes. Wrong ones lock the pair of guard and tablet (``edge.users.login_limits``). ``pins.json`` and ``tablets.json``
(both 0600) hold hashes alone.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from argon2.exceptions import InvalidHashError, VerificationError

from edge.users.accounts import HASHER, Account, AccountError
from edge.users.roles import Role
from edge.users.secret_files import locked, read_json, write_secret

PINS_FILE = "pins.json"
TABLETS_FILE = "tablets.json"
TABLETS_MAX = 20
PIN_ROLES = frozenset({Role.GUARD, Role.SUPERVISOR})
"""An administrator's account is worth more than six digits."""
_PIN = re.compile(r"^[0-9]{6,12}$")
_RUNS = ("01234567890123456789", "98765432109876543210")


def too_simple(pin: str) -> bool:
    """One digit over and over, or a plain run up or down: what everybody tries first."""
    return len(set(pin)) == 1 or any(pin in run for run in _RUNS)


class _Kept:
    """A file's JSON, read anew only when the file was replaced."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read: tuple[tuple[int, int, int], Any] | None = None

    def get(self, default: Any) -> Any:
        """The JSON, or the default when there is no file. Raises SecretFileError when it is damaged."""
        try:
            stat = self._path.stat()
        except FileNotFoundError:
            return default
        stamp = (stat.st_mtime_ns, stat.st_ino, stat.st_size)
        if self._read is None or self._read[0] != stamp:
            self._read = (stamp, read_json(self._path, default))
        return self._read[1]


class Pins:
    """The file of PINs; looked at on each use."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / PINS_FILE
        self._kept = _Kept(self._path)
        self._dummy = HASHER.hash(secrets.token_urlsafe(16))

    def put(self, account: Account, pin: str) -> None:
        """Set the PIN of an account. Raises AccountError."""
        if account.role not in PIN_ROLES:
            raise AccountError("pin_role")
        if not _PIN.match(pin):
            raise AccountError("pin_digits")
        if too_simple(pin):
            raise AccountError("pin_simple")
        row = {"pin_hash": HASHER.hash(pin), "account_made_at_s": account.created_at_s, "set_at_s": time.time()}
        with locked(self._path):
            self._write({**self._rows(), account.name: row})

    def drop(self, name: str) -> bool:
        """Forget somebody's PIN; False when there was none."""
        with locked(self._path):
            rows = self._rows()
            if name not in rows:
                return False
            self._write({other: row for other, row in rows.items() if other != name})
        return True

    def holders(self, accounts: dict[str, Account]) -> list[str]:
        """Whoever may log in by PIN now, by name."""
        rows = self._rows()
        return sorted(name for name, account in accounts.items() if _stands(rows.get(name), account))

    def verify(self, account: Account | None, pin: str) -> bool:
        """Whether the PIN is right; an unknown guard costs the same time."""
        row = None if account is None else self._rows().get(account.name)
        stands = account is not None and _stands(row, account)
        try:
            HASHER.verify(row["pin_hash"] if row is not None and stands else self._dummy, pin)
        except (VerificationError, InvalidHashError):
            return False
        return stands

    def _rows(self) -> dict[str, dict[str, Any]]:
        rows: dict[str, dict[str, Any]] = self._kept.get({"pins": {}})["pins"]
        return rows

    def _write(self, rows: dict[str, dict[str, Any]]) -> None:
        write_secret(self._path, json.dumps({"pins": rows}, ensure_ascii=False, indent=1) + "\n")


def _stands(row: dict[str, Any] | None, account: Account) -> bool:
    """A PIN belongs to the account as it was when it was set: a new password or role voids it."""
    return row is not None and row["account_made_at_s"] == account.created_at_s and account.role in PIN_ROLES


@dataclass(frozen=True, slots=True, kw_only=True)
class Tablet:
    """A browser at a post in which guards log in by PIN."""

    key: str
    """SHA-256 of its cookie."""
    post: str
    bound_by: str
    bound_at_s: float


class Tablets:
    """The file of bound tablets; looked at on each use."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / TABLETS_FILE
        self._kept = _Kept(self._path)

    def bind(self, post: str, by: str) -> tuple[str, Tablet]:
        """Bind a browser to a post: its cookie, and what is kept. Beyond the most, the oldest one goes."""
        cookie = secrets.token_urlsafe(32)
        tablet = Tablet(key=_key(cookie), post=post, bound_by=by, bound_at_s=time.time())
        with locked(self._path):
            self._write([*self.all().values(), tablet][-TABLETS_MAX:])
        return cookie, tablet

    def unbind(self, key: str) -> bool:
        """Forget a tablet; False when it was not bound."""
        with locked(self._path):
            rows = self.all()
            if key not in rows:
                return False
            self._write([tablet for tablet in rows.values() if tablet.key != key])
        return True

    def find(self, cookie: str) -> Tablet | None:
        """The tablet of a cookie."""
        return self.all().get(_key(cookie)) if cookie else None

    def all(self) -> dict[str, Tablet]:
        """Tablets by key, oldest first."""
        rows = self._kept.get({"tablets": []})["tablets"]
        return {row["key"]: Tablet(**row) for row in rows}

    def _write(self, tablets: list[Tablet]) -> None:
        rows = [{"key": t.key, "post": t.post, "bound_by": t.bound_by, "bound_at_s": t.bound_at_s} for t in tablets]
        write_secret(self._path, json.dumps({"tablets": rows}, ensure_ascii=False, indent=1) + "\n")


def _key(cookie: str) -> str:
    return hashlib.sha256(cookie.encode()).hexdigest()
