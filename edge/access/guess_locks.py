"""How often codes may be guessed: exponential lock-outs per keypad and per site. Core: time is passed in (monotonic s).

A keypad locks after some wrong codes in a row; the site counts every wrong code at any keypad, and no right code in
between resets it, so that neither many keypads nor somebody with a code of their own can guess faster than the site
allows. Each lock-out is twice as long as the one before, up to a longest; a day without a new one takes a level back.
``guesses_max`` says how many guesses the cleverest guesser gets, ``hit_chance`` what they are worth.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from config.model_gate import Passes

Scope = Literal["", "keypad", "site"]
LOCK_MAX_S = 4 * 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LockRules:
    """How many wrong codes, how long a lock-out."""

    wrong_max: int = 5
    """At one keypad, in a row (GB 50396-2007: an alarm after five at the latest)."""
    site_wrong_max: int = 20
    lock_s: float = 60.0
    """First lock-out; doubled each time."""
    lock_max_s: float = LOCK_MAX_S
    calm_s: float = 24 * 3600.0
    """So long without a lock-out takes one doubling back; so long without a wrong code forgets the row."""


def rules_of(settings: Passes) -> LockRules:
    """The site's rules. The site's own count is fixed, so that no setting makes guessing cheaper than promised."""
    lock_max_s = max(LOCK_MAX_S, settings.lock_s)
    return LockRules(wrong_max=settings.wrong_max, lock_s=settings.lock_s, lock_max_s=lock_max_s)


@dataclass(frozen=True, slots=True)
class Lock:
    """One keypad or the site."""

    wrong: int = 0
    level: int = 0
    until_s: float = -math.inf
    wrong_s: float = -math.inf
    """When the last wrong code came."""
    calm_from_s: float = -math.inf
    """From here on calm counts."""


@dataclass(frozen=True, slots=True)
class GuessLocks:
    """All lock-outs of a site."""

    site: Lock = Lock()
    keypads: Mapping[str, Lock] = field(default_factory=dict)


def locked_for_s(locks: GuessLocks, keypad: str, now_s: float) -> float:
    """How long this keypad does not even look at a code; 0 when it does."""
    until_s = max(locks.site.until_s, locks.keypads.get(keypad, Lock()).until_s)
    return max(0.0, until_s - now_s)


def after_wrong(locks: GuessLocks, keypad: str, rules: LockRules, now_s: float) -> tuple[GuessLocks, Scope]:
    """Count one wrong code; the scope says what it locked. Only for a code that was looked at."""
    site = _counted(locks.site, rules.site_wrong_max, rules, now_s)
    pad = _counted(locks.keypads.get(keypad, Lock()), rules.wrong_max, rules, now_s)
    scope: Scope = "site" if site.until_s > now_s else "keypad" if pad.until_s > now_s else ""
    return GuessLocks(site, {**locks.keypads, keypad: pad}), scope


def after_right(locks: GuessLocks, keypad: str) -> GuessLocks:
    """A right code ends the row at its keypad; levels and the site's count stay."""
    pad = locks.keypads.get(keypad)
    if pad is None or not pad.wrong:
        return locks
    return GuessLocks(locks.site, {**locks.keypads, keypad: replace(pad, wrong=0)})


def told(locks: GuessLocks, keypad: str, now_s: float) -> dict[str, dict[str, float]]:
    """What the event of a wrong code says of its keypad and of the site, so that a restart forgets neither."""
    return {"keypad": _told(locks.keypads.get(keypad, Lock()), now_s), "site": _told(locks.site, now_s)}


def _told(lock: Lock, now_s: float) -> dict[str, float]:
    calm_s = round(now_s - lock.calm_from_s, 1) if lock.level else 0.0
    return {
        "wrong": lock.wrong,
        "level": lock.level,
        "left_s": round(max(0.0, lock.until_s - now_s), 1),
        "calm_s": calm_s,
    }


def recalled(events: Iterable[tuple[str, Mapping[str, Any], float]], rules: LockRules) -> GuessLocks:
    """The lock-outs after a restart: keypad, what its event ``told`` and when that was (monotonic s), oldest first.

    Rows of wrong codes that a right one has ended since are not known to have ended: the keypad may lock earlier.
    """
    locks = GuessLocks()
    for keypad, said, at_s in events:
        pad, site = (_recalled(said[scope], at_s, rules) for scope in ("keypad", "site"))
        locks = GuessLocks(site, {**locks.keypads, keypad: pad})
    return locks


def _recalled(said: Mapping[str, float], at_s: float, rules: LockRules) -> Lock:
    left_s = min(float(said["left_s"]), rules.lock_max_s)
    return Lock(
        wrong=int(said["wrong"]),
        level=min(int(said["level"]), top_level(rules)),
        until_s=at_s + left_s if left_s > 0 else -math.inf,
        wrong_s=at_s,
        calm_from_s=at_s - float(said["calm_s"]),
    )


def _counted(lock: Lock, wrong_max: int, rules: LockRules, now_s: float) -> Lock:
    lock = _calmed(lock, rules, now_s)
    wrong = lock.wrong + 1
    if wrong < wrong_max:
        return replace(lock, wrong=wrong, wrong_s=now_s)
    until_s = now_s + lock_length_s(rules, lock.level)
    level = min(lock.level + 1, top_level(rules))
    return Lock(wrong=0, level=level, until_s=until_s, wrong_s=now_s, calm_from_s=until_s)


def _calmed(lock: Lock, rules: LockRules, now_s: float) -> Lock:
    if now_s - lock.wrong_s >= rules.calm_s:
        lock = replace(lock, wrong=0)
    if not lock.level:
        return lock
    days = int(max(0.0, now_s - lock.calm_from_s) // rules.calm_s)
    return replace(lock, level=max(0, lock.level - days), calm_from_s=lock.calm_from_s + days * rules.calm_s)


def lock_length_s(rules: LockRules, level: int) -> float:
    """How long the lock-out of this level lasts."""
    return min(rules.lock_s * 2.0**level, rules.lock_max_s)


def top_level(rules: LockRules) -> int:
    """The level at which lock-outs grow no more."""
    return max(0, math.ceil(math.log2(max(1.0, rules.lock_max_s / rules.lock_s))))


def guesses_max(rules: LockRules, days: int) -> int:
    """Wrong codes that any guesser gets in at one site in this time, whatever they do; lengths in whole minutes.

    Best plan over every mix of guessing on and waiting for calm, by going back from the end. From every state
    there are three moves: fill the row and be locked out; stop one short of it and let calm forget the row; wait.
    """
    horizon, calm = days * 24 * 60, max(1, int(rules.calm_s // 60))
    lengths = [max(1, int(lock_length_s(rules, level) // 60)) for level in range(top_level(rules) + 1)]
    best = [[rules.site_wrong_max] * len(lengths)]  # with no time left: one last row
    for left in range(1, horizon + 1):
        row = []
        for level, length in enumerate(lengths):
            on = best[left - length][min(level + 1, len(lengths) - 1)] if length <= left else 0
            plans = [rules.site_wrong_max + on]
            if calm <= left:
                plans.append(rules.site_wrong_max - 1 + best[left - calm][max(0, level - 1)])
            row.append(max(plans))
        best.append(row)
    return best[horizon][0]


def hit_chance(guesses: int, live_codes: int, digits: int) -> float:
    """Chance that one of so many different guesses is a live code: drawn without putting back."""
    space = 10**digits
    return -math.expm1(math.fsum(math.log1p(-live_codes / (space - tried)) for tried in range(guesses)))
