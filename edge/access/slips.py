"""Goods-release slips (物品放行条). Core: pure functions of (slip, what was seen, time).

A slip is issued with the owner's consent and the office's approval; at the exit the guard counts item by item. Only
an exact match is let out, and only once: what differs is named, so that the office can issue a new slip.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from sync.records import Change, Policy, Slip, UseSlip

ITEMS_MAX = 200
QUANTITY_MAX = 1_000_000


class SlipReason(StrEnum):
    """Why goods were let out or kept, or why a slip is not issued."""

    RELEASED = "slip_released"
    UNKNOWN = "slip_unknown"
    REVOKED = "slip_revoked"
    USED = "slip_used"
    EARLY = "slip_early"
    LATE = "slip_late"
    WRONG_PLATE = "slip_wrong_plate"
    DIFFERS = "slip_differs"
    # why it is not issued
    NO_CONSENT = "slip_no_consent"
    NOT_APPROVED = "slip_not_approved"
    NO_ITEMS = "slip_no_items"
    BAD_WINDOW = "slip_bad_window"
    SPENT = "slip_spent"


@dataclass(frozen=True, slots=True)
class Difference:
    """One item whose count is not the listed one; 0 means not listed or not seen."""

    item: str
    listed: int
    seen: int


@dataclass(frozen=True, slots=True)
class SlipVerdict:
    """The outcome of one check at the exit."""

    released: bool
    reason: SlipReason
    differences: tuple[Difference, ...] = ()
    changes: tuple[Change, ...] = ()
    """Uses the slip up, in the same transaction as the event."""


def issue_objection(policy: Policy, slip: Slip) -> SlipReason | None:
    """What speaks against issuing or replacing this slip; None when nothing does."""
    if not slip.consent_by.strip():
        return SlipReason.NO_CONSENT
    if not slip.approved_by.strip():
        return SlipReason.NOT_APPROVED
    if not slip.items or len(slip.items) > ITEMS_MAX:
        return SlipReason.NO_ITEMS
    if not all(name.strip() and 0 < quantity <= QUANTITY_MAX for name, quantity in slip.items):
        return SlipReason.NO_ITEMS
    if not slip.not_before_s < slip.not_after_s:
        return SlipReason.BAD_WINDOW
    known = policy.slips.get(slip.id)
    if known is not None and ((known.used and not slip.used) or (known.revoked and not slip.revoked)):
        # A slip that was used up or taken back does not come to life again under its old number.
        return SlipReason.SPENT
    return None


def check(policy: Policy, slip_id: str, seen: Iterable[tuple[str, int]], plate: str, now_s: float) -> SlipVerdict:
    """May these goods leave on this slip? ``now_s`` is Unix time; ``plate`` is empty when no vehicle carries them."""
    slip = policy.slips.get(slip_id)
    if slip is None:
        return SlipVerdict(False, SlipReason.UNKNOWN)
    reason = _objection(slip, plate, now_s)
    if reason is not None:
        return SlipVerdict(False, reason)
    differences = compared(slip.items, seen)
    if differences:
        return SlipVerdict(False, SlipReason.DIFFERS, differences)
    return SlipVerdict(True, SlipReason.RELEASED, changes=(UseSlip(slip.id),))


def compared(listed: Iterable[tuple[str, int]], seen: Iterable[tuple[str, int]]) -> tuple[Difference, ...]:
    """Every item whose count differs, listed ones first; width, case and spaces of names do not matter."""
    wanted, found = _counted(listed), _counted(seen)
    names = {**found, **wanted}
    counts = ((key, wanted.get(key, ("", 0))[1], found.get(key, ("", 0))[1]) for key in {**wanted, **found})
    return tuple(Difference(names[key][0], want, got) for key, want, got in counts if want != got)


def _objection(slip: Slip, plate: str, now_s: float) -> SlipReason | None:
    if slip.revoked:
        return SlipReason.REVOKED
    if slip.used:
        return SlipReason.USED
    if now_s < slip.not_before_s:
        return SlipReason.EARLY
    if now_s >= slip.not_after_s:
        return SlipReason.LATE
    if slip.plate and slip.plate != plate:
        return SlipReason.WRONG_PLATE
    return None


def _counted(items: Iterable[tuple[str, int]]) -> dict[str, tuple[str, int]]:
    """Name as written and total, by normalised name; a negative count is kept, so that it never matches."""
    totals: dict[str, tuple[str, int]] = {}
    for name, quantity in items:
        key = "".join(unicodedata.normalize("NFKC", name).casefold().split())
        shown, total = totals.get(key, (name.strip(), 0))
        totals[key] = (shown, total + quantity)
    return totals
