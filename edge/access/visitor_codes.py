"""Visitor codes (访客临时授权码): made, kept as HMAC, checked at a keypad. Core: randomness and time are passed in.

Eight digits; six when the code is bound to a plate, or to a phone, whose last four digits are then typed after it.
The lists keep only HMAC-SHA256 under a pepper that is not in the database, and a code is found by that HMAC: nothing
is compared digit by digit. A stolen database gives no code, and a wrong code tells nothing about right ones.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum

from edge.access.guess_locks import GuessLocks, LockRules, Scope, after_right, after_wrong, locked_for_s
from sync.records import Change, Policy, UseCode, VisitorCode

DIGITS = 8
BOUND_DIGITS = 6
PHONE_DIGITS = 4
TYPED_DIGITS = (DIGITS, BOUND_DIGITS, BOUND_DIGITS + PHONE_DIGITS)
PEPPER_BYTES = 32
LIVE_MAX = 2000
"""Live codes of a site; the chance that a guess hits grows in proportion (300: 1.1 % in 30 days of guessing)."""
USES_MAX = 1000
_DRAWS_MAX = 1000


class CodeReason(StrEnum):
    """Why a visitor code was honoured, refused or not issued."""

    GRANTED = "code"
    MALFORMED = "code_malformed"
    UNKNOWN = "code_unknown"
    REVOKED = "code_revoked"
    EARLY = "code_early"
    LATE = "code_late"
    USED_UP = "code_used_up"
    WRONG_GATE = "code_wrong_gate"
    PLATE_NEEDED = "code_plate_needed"
    WRONG_PLATE = "code_wrong_plate"
    LOCKED = "code_locked"
    # why none is issued
    BAD_WINDOW = "code_bad_window"
    BAD_USES = "code_bad_uses"
    BAD_PHONE = "code_bad_phone"
    HOST_LIMIT = "code_host_limit"
    SITE_LIMIT = "code_site_limit"
    TAKEN = "code_taken"


GUESSES = frozenset({CodeReason.UNKNOWN, CodeReason.WRONG_GATE, CodeReason.PLATE_NEEDED, CodeReason.WRONG_PLATE})
"""Refusals that count as wrong codes; one that is too short cannot be a guess."""


@dataclass(frozen=True, slots=True)
class CodeDecision:
    """The outcome for one code at one gate."""

    granted: bool
    reason: CodeReason
    code: VisitorCode | None = field(default=None, repr=False)
    changes: tuple[Change, ...] = ()
    """Counts the use, in the same transaction as the event."""
    locked: Scope = ""
    """What this wrong code locked: its keypad or the whole site."""
    retry_after_s: float = 0.0
    """How long the keypad looks at no code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a host, a guard or the centre asks for."""

    host: str
    visitor: str
    gates: tuple[str, ...]
    """Lanes and doors; empty means all."""
    not_before_s: float
    not_after_s: float
    uses_allowed: int = 1
    plate: str = ""
    phone: str = field(default="", repr=False)
    """Phone number to bind it to; only its last four digits matter and none are kept."""


@dataclass(frozen=True, slots=True)
class Issued:
    """A new code: the digits are shown once and kept nowhere."""

    digits: str = field(repr=False)
    """What is typed; of a code bound to a phone without the phone's own four digits."""
    code: VisitorCode = field(repr=False)


def code_hmac(pepper: bytes, typed: str) -> str:
    """What is kept of a code: HMAC-SHA256 of the typed digits under the pepper, hex."""
    if len(pepper) < PEPPER_BYTES:
        raise ValueError(f"a pepper of {PEPPER_BYTES} bytes is needed")
    return hmac.new(pepper, b"menwei visitor code 1\x00" + typed.encode("ascii"), "sha256").hexdigest()


def issue(
    policy: Policy,
    pepper: bytes,
    wish: Wish,
    now_s: float,
    *,
    new_id: str,
    randbelow: Callable[[int], int],
    per_host: int,
) -> Issued | CodeReason:
    """A new code that no code on the list has, or the reason why none is issued; ``randbelow`` as in ``secrets``."""
    objection = _wish_objection(policy, wish, now_s, per_host)
    if objection is not None:
        return objection
    length = BOUND_DIGITS if wish.plate or wish.phone else DIGITS
    for _ in range(_DRAWS_MAX):
        digits = f"{randbelow(10**length):0{length}}"
        kept = code_hmac(pepper, digits + _phone_end(wish.phone))
        if kept not in policy.codes:
            return Issued(digits, _row(wish, new_id, kept))
    return CodeReason.SITE_LIMIT


def check(
    policy: Policy, pepper: bytes, typed: str, gate: str, plate: str, now_s: float, *, entering: bool = True
) -> CodeDecision:
    """Decide for a typed code; ``plate`` is the one read at the gate, empty for none. ``now_s`` is Unix time.

    Whoever was let in is let out: leaving is not bound to window and count.
    """
    if len(typed) not in TYPED_DIGITS or not (typed.isascii() and typed.isdigit()):
        return CodeDecision(False, CodeReason.MALFORMED)
    code = policy.codes.get(code_hmac(pepper, typed))
    if code is None:
        return CodeDecision(False, CodeReason.UNKNOWN)
    reason = _objection(code, gate, plate, now_s, entering=entering)
    if reason is not None:
        return CodeDecision(False, reason, code)
    return CodeDecision(True, CodeReason.GRANTED, code, (UseCode(code.id),) if entering else ())


def enter(
    locks: GuessLocks, rules: LockRules, keypad: str, mono_s: float, checked: Callable[[], CodeDecision]
) -> tuple[CodeDecision, GuessLocks]:
    """A code at a keypad under its lock-outs: while locked it is not even looked at. ``mono_s`` is monotonic."""
    wait_s = locked_for_s(locks, keypad, mono_s)
    if wait_s > 0:
        return CodeDecision(False, CodeReason.LOCKED, retry_after_s=wait_s), locks
    decision = checked()
    if decision.granted:
        return decision, after_right(locks, keypad)
    if decision.reason not in GUESSES:
        return decision, locks
    locks, scope = after_wrong(locks, keypad, rules, mono_s)
    wait_s = locked_for_s(locks, keypad, mono_s)
    return CodeDecision(False, decision.reason, decision.code, locked=scope, retry_after_s=wait_s), locks


def stored(policy: Policy, code: VisitorCode, now_s: float) -> VisitorCode | CodeReason:
    """The row to keep when a code is put on the list, from wherever it comes.

    The digits of a live code stay its own, and a code that is put again keeps its uses and its revocation: a repeated
    or late message never gives an entry back.
    """
    same = policy.codes.get(code.hmac)
    if same is not None and same.id != code.id and is_live(same, now_s):
        return CodeReason.TAKEN
    known = next((row for row in policy.codes.values() if row.id == code.id), None)
    if known is None:
        return code
    return replace(code, uses_used=max(code.uses_used, known.uses_used), revoked=code.revoked or known.revoked)


def is_live(code: VisitorCode, now_s: float) -> bool:
    """Whether it can still let somebody in, now or later."""
    return not code.revoked and now_s < code.not_after_s and code.uses_used < code.uses_allowed


def _objection(code: VisitorCode, gate: str, plate: str, now_s: float, *, entering: bool) -> CodeReason | None:
    if code.plate and not plate:
        return CodeReason.PLATE_NEEDED
    if code.plate and code.plate != plate:
        return CodeReason.WRONG_PLATE
    if not entering and code.uses_used > 0:
        return None
    if code.gates and gate not in code.gates:
        return CodeReason.WRONG_GATE
    if code.revoked:
        return CodeReason.REVOKED
    if now_s < code.not_before_s:
        return CodeReason.EARLY
    if now_s >= code.not_after_s:
        return CodeReason.LATE
    return CodeReason.USED_UP if code.uses_used >= code.uses_allowed else None


def _wish_objection(policy: Policy, wish: Wish, now_s: float, per_host: int) -> CodeReason | None:
    if not (wish.not_before_s < wish.not_after_s and now_s < wish.not_after_s):
        return CodeReason.BAD_WINDOW
    if not 0 < wish.uses_allowed <= USES_MAX:
        return CodeReason.BAD_USES
    if wish.phone and len(_phone_end(wish.phone)) != PHONE_DIGITS:
        return CodeReason.BAD_PHONE
    live = [code for code in policy.codes.values() if is_live(code, now_s)]
    if len(live) >= LIVE_MAX:
        return CodeReason.SITE_LIMIT
    return CodeReason.HOST_LIMIT if sum(code.host == wish.host for code in live) >= per_host else None


def _phone_end(phone: str) -> str:
    return "".join(c for c in phone if c in "0123456789")[-PHONE_DIGITS:]


def _row(wish: Wish, new_id: str, kept: str) -> VisitorCode:
    return VisitorCode(
        id=new_id,
        hmac=kept,
        host=wish.host,
        visitor=wish.visitor,
        gates=wish.gates,
        not_before_s=wish.not_before_s,
        not_after_s=wish.not_after_s,
        uses_allowed=wish.uses_allowed,
        plate=wish.plate,
    )
