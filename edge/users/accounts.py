"""Accounts and one-time log-in tokens, kept in ``data_dir``. Shell: files and argon2id.

Only hashes are stored. Accounts live in ``accounts.json``, tokens in ``login-tokens.json``; both are mode 0600.
Times are Unix seconds: the files outlive the process.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import re
import secrets
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from edge.users.roles import Role
from edge.users.secret_files import locked, read_json, write_secret

Value = TypeVar("Value")

PASSWORD_MIN = 12
PASSWORD_MAX = 256
"""Longer input only burns CPU in the hash."""
ACCOUNTS_MAX = 500
TOKENS_MAX = 16
TOKEN_LIFE_S = 24 * 3600.0
VERIFY_WAITING_MAX = 8
NAME = re.compile(r"^[\w][\w .-]{0,39}$")

# 19 MiB and two passes, OWASP's argon2id floor: some 0.1 s on a small box.
HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


ACCOUNTS_FILE = "accounts.json"
TOKENS_FILE = "login-tokens.json"


class AccountError(ValueError):
    """An account cannot be made; ``code`` is a key of ``edge.web.errors``."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class VerifierBusy(RuntimeError):
    """Too many log-ins wait for the one verifier."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One person who may log in with a password."""

    name: str
    role: Role
    password_hash: str
    created_at_s: float


class Accounts:
    """The file of accounts; looked at on each use, since the command line may change it."""

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / ACCOUNTS_FILE
        self._read: tuple[tuple[int, int, int], dict[str, Account]] | None = None
        # One worker: hashes cost 19 MiB and a core each, and a flood of log-ins must not starve the gate.
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="passwords")
        self._waiting = 0
        self._dummy = HASHER.hash(secrets.token_urlsafe(16))

    def all(self) -> dict[str, Account]:
        """Accounts by name; read anew only when the file was replaced."""
        try:
            stat = self._path.stat()
        except FileNotFoundError:
            return {}
        stamp = (stat.st_mtime_ns, stat.st_ino, stat.st_size)
        if self._read is None or self._read[0] != stamp:
            self._read = (stamp, read_accounts(self._path.parent))
        return self._read[1]

    def add(self, name: str, password: str, role: Role, *, replace: bool = False) -> Account:
        """Make an account, or with ``replace`` set its password and role. Raises AccountError."""
        if not NAME.match(name):
            raise AccountError("account_name")
        if not PASSWORD_MIN <= len(password) <= PASSWORD_MAX:
            raise AccountError("password_length")
        if role is Role.CENTRAL:
            raise AccountError("account_role")
        account = Account(name=name, role=role, password_hash=HASHER.hash(password), created_at_s=time.time())
        with locked(self._path):
            accounts = self.all()
            if name in accounts and not replace:
                raise AccountError("account_exists")
            if len(accounts) >= ACCOUNTS_MAX and name not in accounts:
                raise AccountError("accounts_full")
            self._write(accounts | {name: account})
        return account

    def remove(self, name: str) -> bool:
        """Remove an account; False when there was none."""
        with locked(self._path):
            accounts = self.all()
            if name not in accounts:
                return False
            self._write({n: a for n, a in accounts.items() if n != name})
        return True

    async def add_off_loop(self, name: str, password: str, role: Role) -> Account:
        """As ``add``, beside the event loop."""
        return await asyncio.get_running_loop().run_in_executor(self._worker, lambda: self.add(name, password, role))

    async def verify(self, name: str, password: str) -> Account | None:
        """The account when the password is right. One at a time, beside the loop. Raises VerifierBusy."""
        return await self.hashing(lambda: self._verify(name, password))

    async def hashing(self, work: Callable[[], Value]) -> Value:
        """Work that hashes, one at a time, beside the loop. Raises VerifierBusy."""
        if self._waiting >= VERIFY_WAITING_MAX:
            raise VerifierBusy
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._worker, work)
        finally:
            self._waiting -= 1

    def close(self) -> None:
        """End the verifier's thread."""
        self._worker.shutdown(wait=False, cancel_futures=True)

    def _verify(self, name: str, password: str) -> Account | None:
        account = self.all().get(name)
        # An unknown name costs the same time as a wrong password, so that names cannot be guessed by the clock.
        stored = account.password_hash if account else self._dummy
        try:
            HASHER.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return None
        return account

    def _write(self, accounts: dict[str, Account]) -> None:
        rows = [
            {
                "name": a.name,
                "role": a.role.value,
                "password_hash": a.password_hash,
                "created_at_s": a.created_at_s,
            }
            for a in accounts.values()
        ]
        write_secret(self._path, _dump({"accounts": rows}))


def read_accounts(data_dir: Path) -> dict[str, Account]:
    """Accounts by name. Raises SecretFileError when the file is damaged."""
    rows = read_json(data_dir / ACCOUNTS_FILE, {"accounts": []})["accounts"]
    return {row["name"]: _account(row) for row in rows}


def issue_login_token(data_dir: Path, role: Role) -> str:
    """Make a token that logs in once within 24 hours; the file keeps only its hash."""
    token = secrets.token_urlsafe(24)
    path = data_dir / TOKENS_FILE
    with locked(path):
        rows = _live_tokens(path)
        rows.append({"sha256": _digest(token), "role": role.value, "expires_at_s": time.time() + TOKEN_LIFE_S})
        write_secret(path, _dump({"tokens": rows[-TOKENS_MAX:]}))
    return token


def redeem_login_token(data_dir: Path, token: str) -> Role | None:
    """The role of a valid token, which is used up by this; None when it is wrong, used or too old."""
    path = data_dir / TOKENS_FILE
    digest = _digest(token)
    with locked(path):
        rows = _live_tokens(path)
        found = [row for row in rows if hmac.compare_digest(row["sha256"], digest)]
        if not found:
            return None
        write_secret(path, _dump({"tokens": [row for row in rows if row not in found]}))
        return Role(found[0]["role"])


def _live_tokens(path: Path) -> list[dict[str, Any]]:
    now_s = time.time()
    return [row for row in read_json(path, {"tokens": []})["tokens"] if row["expires_at_s"] > now_s]


def _account(row: dict[str, Any]) -> Account:
    return Account(
        name=row["name"],
        role=Role(row["role"]),
        password_hash=row["password_hash"],
        created_at_s=row["created_at_s"],
    )


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"
