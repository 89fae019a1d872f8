"""How often a log-in may be tried. Core: the time is passed in, in monotonic seconds.

Two bounds: attempts per minute and address, and wrong attempts per account *and* address together. The second is
keyed on the pair, so that nobody can lock a colleague out from another machine, and one forgetful guard does not
lock the gate house's only computer for the others.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass, field

WINDOW_S = 60.0
WRONG_ALLOWED = 10
LOCK_S = 15 * 60.0
KEYS_MAX = 4096
"""Addresses and pairs remembered at once; the longest unused is forgotten first, so that a flood cannot eat memory."""


@dataclass(frozen=True, slots=True)
class TryLater:
    """The attempt is not even looked at."""

    retry_after_s: float
    locked: bool
    """True: too many wrong attempts; False: too many attempts a minute."""
    first: bool
    """The first refusal of this wait; the others are not worth a line each, or a flood would fill the log."""


@dataclass(slots=True)
class _Wrong:
    """Wrong attempts of one account from one address."""

    count: int = 0
    last_s: float = 0.0
    locked_until_s: float = 0.0


@dataclass(slots=True)
class LoginLimits:
    """Counts attempts; asked before each one and told after each wrong one."""

    per_minute: int
    wrong_allowed: int = WRONG_ALLOWED
    _recent: OrderedDict[str, deque[float]] = field(default_factory=OrderedDict)
    _wrong: OrderedDict[tuple[str, str], _Wrong] = field(default_factory=OrderedDict)
    _told_until_s: OrderedDict[tuple[str, str], float] = field(default_factory=OrderedDict)

    def attempt(self, account: str, address: str, now_s: float) -> TryLater | None:
        """Count one attempt; None when it may go on."""
        wrong = self._wrong.get((account, address))
        if wrong is not None and now_s < wrong.locked_until_s:
            return self._later((account, address), wrong.locked_until_s, now_s, locked=True)
        recent = self._recent.setdefault(address, deque())
        self._recent.move_to_end(address)
        while recent and now_s - recent[0] >= WINDOW_S:
            recent.popleft()
        if len(recent) >= self.per_minute:
            return self._later(("", address), recent[0] + WINDOW_S, now_s, locked=False)
        recent.append(now_s)
        self._trim()
        return None

    def wrong(self, account: str, address: str, now_s: float) -> bool:
        """Count one wrong attempt; True when it locks the pair."""
        entry = self._wrong.setdefault((account, address), _Wrong())
        self._wrong.move_to_end((account, address))
        if now_s - entry.last_s >= LOCK_S:
            entry.count = 0
        entry.last_s = now_s
        entry.count += 1
        self._trim()
        if entry.count < self.wrong_allowed:
            return False
        entry.count = 0
        entry.locked_until_s = now_s + LOCK_S
        return True

    def right(self, account: str, address: str) -> None:
        """Forget the wrong attempts of the pair."""
        self._wrong.pop((account, address), None)

    def _later(self, key: tuple[str, str], until_s: float, now_s: float, *, locked: bool) -> TryLater:
        first = now_s >= self._told_until_s.get(key, now_s)
        self._told_until_s[key] = until_s
        self._told_until_s.move_to_end(key)
        self._trim()
        return TryLater(until_s - now_s, locked, first)

    def _trim(self) -> None:
        while len(self._recent) > KEYS_MAX:
            self._recent.popitem(last=False)
        while len(self._wrong) > KEYS_MAX:
            self._wrong.popitem(last=False)
        while len(self._told_until_s) > KEYS_MAX:
            self._told_until_s.popitem(last=False)
