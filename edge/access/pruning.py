"""What may be forgotten: codes, slips and passes that ended long ago. Core: pure.

A row goes only when its window is over, so that whatever is shown again is refused for want of a row as it was for its
time; used up or revoked alone is not enough. Who is inside on a code or a pass keeps it, to be let out. A pass that
was revoked before anybody used it stays for good: only its id is known here, not its end.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from sync.records import Forget, Policy

ROWS_MAX = 500
"""Of each kind at once; the next round takes the rest."""


def ended(policy: Policy, before_s: float) -> Forget | None:
    """The rows whose end lies before a moment (Unix time); None when there are none."""
    codes = (c.id for c in policy.codes.values() if c.not_after_s < before_s and _outside(policy, c.id))
    slips = (s.id for s in policy.slips.values() if s.not_after_s < before_s)
    passes = (id_ for id_, end_s in policy.pass_ends.items() if end_s < before_s and _outside(policy, id_))
    gone = Forget(_some(codes), _some(slips), _some(passes))
    return gone if gone != Forget() else None


def _outside(policy: Policy, id_: str) -> bool:
    return f"visitor:{id_}" not in policy.inside


def _some(ids: Iterable[str]) -> tuple[str, ...]:
    return tuple(islice(ids, ROWS_MAX))
