"""Proof of patrols for owners: when which point was visited, without a name. Shell: signs with the gateway's key.

The file is JSON: ``{"proof": {...}, "signature": hex}``. Signed (Ed25519) is the canonical JSON of ``proof`` (sorted
keys, no spaces, UTF-8). It names the head of the log at that moment, so that the centre's copy can be compared.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from edge.patrol.history import due_moment
from edge.patrol.model import OPEN, Round
from sync.event import canonical
from sync.keys import SigningKey, signature_holds
from sync.store import Head

FORMAT = "menwei-patrol-proof/1"
DAYS_MAX = 31


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Days of the proof, as the site's clock counts them; ``until`` is the last one."""

    since: str
    until: str
    timezone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofCheck:
    """What a check found."""

    ok: bool
    signature: str
    """``holds``, ``broken`` or ``unreadable``."""
    key: str = ""
    key_trusted: bool | None = None
    """Whether the key is one of those given; None when none was given: the file only speaks for itself."""
    rounds: int = 0


def proof_of(
    rounds: Iterable[Round], span: Span, *, site: str, gateway: str, head: Head, key: SigningKey
) -> dict[str, Any]:
    """The proof of rounds that have ended, unsigned."""
    zone = ZoneInfo(span.timezone)
    return {
        "format": FORMAT,
        "site": site,
        "gateway": gateway,
        "from": span.since,
        "to": span.until,
        "timezone": span.timezone,
        "rounds": [_round(one, zone) for one in rounds if one.state not in OPEN],
        "log": {"epoch": head.epoch, "seq": head.seq, "hash": head.hash},
        "key_id": key.id,
        "public_key": key.public_hex,
    }


def signed(proof: dict[str, Any], key: SigningKey) -> bytes:
    """The file."""
    whole = {"proof": proof, "signature": key.sign(canonical(proof).encode())}
    return (json.dumps(whole, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def check_proof(data: bytes, keys: Collection[str] = ()) -> ProofCheck:
    """Whether a proof is as the gateway signed it; ``keys`` are public keys (hex) known from elsewhere."""
    try:
        whole = json.loads(data)
        proof, signature = whole["proof"], str(whole["signature"])
        key, rounds = str(proof["public_key"]), len(proof["rounds"])
        message = canonical(proof).encode()
        known = proof["format"] == FORMAT
    except (ValueError, KeyError, TypeError, RecursionError):
        return ProofCheck(ok=False, signature="unreadable")
    holds = known and signature_holds(key, message, signature)
    trusted = key in keys if keys else None
    return ProofCheck(
        ok=holds and trusted is not False,
        signature="holds" if holds else "broken",
        key=key,
        key_trusted=trusted,
        rounds=rounds,
    )


def _round(one: Round, zone: ZoneInfo) -> dict[str, Any]:
    """One round; whoever walked it and which device told it stay out."""
    now = due_moment(one)

    def told(age_s: float) -> str:
        return datetime.fromtimestamp(one.at_s(age_s, now), zone).isoformat(timespec="seconds")

    return {
        "round": one.id,
        "title": one.title,
        "due": told(0.0),
        "state": one.state.value,
        "made_good": one.healed,
        "begun": None if one.started_age_s is None else told(one.started_age_s),
        "points": [_point(one, leg.place, leg.point, told) for leg in one.legs],
    }


def _point(one: Round, place: str, point: str, told: Any) -> dict[str, Any]:
    visit = one.visited(point)
    if visit is None:
        return {"place": place, "at": None}
    plain = {"proof": visit.proof, "offline": visit.offline, "in_time": visit.off_s == 0, "in_order": visit.in_order}
    return {"place": place, "at": told(visit.age_s), **plain, "doubtful": bool(visit.doubtful)}
