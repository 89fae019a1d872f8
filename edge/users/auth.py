"""Who is at the other end: log-in by token or password, sessions, the centre's bearer token. Shell: files, clocks."""

from __future__ import annotations

import hmac
import secrets
import stat
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from edge.users.accounts import Accounts, VerifierBusy, issue_login_token, read_accounts, redeem_login_token
from edge.users.login_limits import LoginLimits, TryLater
from edge.users.pins import Pins, Tablet, Tablets
from edge.users.roles import INCLUDES, Role, may
from edge.users.secret_files import SecretFileError, write_secret
from edge.users.sessions import Session, Sessions

__all__ = [
    "INCLUDES",
    "Auth",
    "LoggedIn",
    "LoginRefused",
    "Role",
    "SecretFileError",
    "Session",
    "central_token",
    "issue_login_token",
    "may",
    "needs_setup",
    "redeem_login_token",
]

TOKEN_ACCOUNT = "#token"  # noqa: S105 - a key for counting wrong tokens; '#' cannot begin an account's name
SETUP_NAME = "setup"
PIN_PER_MINUTE = 20
"""For a tablet: guards change, and a change is one attempt."""
PIN_WRONG_ALLOWED = 5


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """The log-in succeeded; the cookie goes to the browser and nowhere else."""

    cookie: str
    session: Session


@dataclass(frozen=True, slots=True)
class LoginRefused:
    """The log-in failed; the reply never says whether name or password was wrong."""

    code: str
    """``login_wrong``, ``login_rate``, ``login_locked`` or ``login_busy``."""
    retry_after_s: float = 0.0
    on_record: bool = True
    """False for a repeated refusal, which is not worth a line in the log."""
    now_locked: bool = False
    """This very attempt brought the lock."""


class Auth:
    """Log-in, sessions and the centre's token of one gateway."""

    def __init__(
        self,
        data_dir: Path,
        *,
        idle_s: float,
        login_per_minute: int,
        token_file: Path | None = None,
        mono: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.data_dir = data_dir
        self.accounts = Accounts(data_dir)
        self.sessions = Sessions(data_dir / "sessions.json", idle_s=idle_s, mono=mono, wall=wall)
        self.limits = LoginLimits(login_per_minute)
        self.pins, self.tablets = Pins(data_dir), Tablets(data_dir)
        self.pin_limits = LoginLimits(PIN_PER_MINUTE, wrong_allowed=PIN_WRONG_ALLOWED)
        self.idle_s = idle_s
        self._central = central_token(data_dir, token_file).encode()
        self._mono = mono

    async def log_in_by_token(self, token: str, address: str) -> LoggedIn | LoginRefused:
        """Redeem a one-time token."""
        if late := self.limits.attempt(TOKEN_ACCOUNT, address, self._mono()):
            return _later(late)
        role = redeem_login_token(self.data_dir, token)
        if role is None:
            return self._wrong(TOKEN_ACCOUNT, address)
        self.limits.right(TOKEN_ACCOUNT, address)
        return LoggedIn(*self.sessions.start(SETUP_NAME, role, by_token=True))

    async def log_in_by_password(self, name: str, password: str, address: str) -> LoggedIn | LoginRefused:
        """Check name and password; while the pair is locked even the right password is refused."""
        if late := self.limits.attempt(name, address, self._mono()):
            return _later(late)
        try:
            account = await self.accounts.verify(name, password)
        except VerifierBusy:
            return LoginRefused("login_busy", retry_after_s=5.0, on_record=False)
        if account is None:
            return self._wrong(name, address)
        self.limits.right(name, address)
        return LoggedIn(*self.sessions.start(account.name, account.role, by_token=False))

    async def log_in_by_pin(self, name: str, pin: str, tablet: Tablet) -> LoggedIn | LoginRefused:
        """Check a guard's PIN on a tablet; while the pair is locked even the right one is refused."""
        if late := self.pin_limits.attempt(name, tablet.key, self._mono()):
            return _later(late)
        account = self.accounts.all().get(name)
        try:
            right = await self.accounts.hashing(lambda: self.pins.verify(account, pin))
        except VerifierBusy:
            return LoginRefused("login_busy", retry_after_s=5.0, on_record=False)
        if account is None or not right:
            locked = self.pin_limits.wrong(name, tablet.key, self._mono())
            return LoginRefused("pin_wrong", now_locked=locked)
        self.pin_limits.right(name, tablet.key)
        return LoggedIn(*self.sessions.start(account.name, account.role, by_token=False, tablet=tablet.key))

    def session(self, cookie: str, *, touch: bool) -> Session | None:
        """The live session of a cookie; ``touch`` counts as activity."""
        found = self.sessions.find(cookie, touch=touch)
        return found if found is not None and self._stands(found) else None

    def lives(self, session: Session) -> bool:
        """Whether a session that was found earlier still is one."""
        return self.sessions.alive(session.key) is not None and self._stands(session)

    def first_account_wanted(self) -> bool:
        """Whether nobody has an account; False while the file is damaged, which must not hinder a log-in by token."""
        try:
            return not self.accounts.all()
        except SecretFileError:
            return False

    def is_central(self, authorization: str) -> bool:
        """Whether an ``Authorization`` header carries the centre's bearer token; compared in constant time."""
        scheme, _, token = authorization.partition(" ")
        return scheme.lower() == "bearer" and hmac.compare_digest(token.strip().encode(), self._central)

    def close(self) -> None:
        """End the password verifier."""
        self.accounts.close()

    def _stands(self, session: Session) -> bool:
        """A removed account, or one with another role now, is logged out at its next request."""
        if session.by_token:
            return True
        account = self.accounts.all().get(session.name)
        bound = not session.tablet or session.tablet in self.tablets.all()
        if account is not None and account.role is session.role and bound:
            return True
        self.sessions.end(session.key)
        return False

    def _wrong(self, account: str, address: str) -> LoginRefused:
        locked = self.limits.wrong(account, address, self._mono())
        return LoginRefused("login_wrong", now_locked=locked)


def needs_setup(data_dir: Path) -> bool:
    """Whether nobody has an account yet, so that a start should print a set-up token."""
    return not read_accounts(data_dir)


def central_token(data_dir: Path, token_file: Path | None = None) -> str:
    """The centre's bearer token, generated at the first start (mode 0600). Raises SecretFileError."""
    path = token_file or data_dir / "central-token"
    try:
        mode = path.stat().st_mode
        token = path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        token = secrets.token_urlsafe(32)
        write_secret(path, token + "\n")
        return token
    except (OSError, UnicodeDecodeError) as error:
        raise SecretFileError(
            f"无法读取令牌文件 {path}：{error} / cannot read the token file {path}: {error}"
        ) from error
    # Group bits may be an ACL mask (systemd credentials); others' bits never are.
    if mode & stat.S_IRWXO:
        raise SecretFileError(
            f"令牌文件 {path} 对其他用户开放，请执行 chmod 600 {path} / the token file {path} is open to other users; "
            f"run chmod 600 {path}"
        )
    if len(token) < 20:
        raise SecretFileError(
            f"令牌文件 {path} 中的令牌不足 20 个字符；删除该文件后会重新生成 / the token in {path} is shorter than 20 "
            "characters; delete the file and a new one is generated"
        )
    return token


def _later(late: TryLater) -> LoginRefused:
    code = "login_locked" if late.locked else "login_rate"
    return LoginRefused(code, retry_after_s=late.retry_after_s, on_record=late.first)
