"""Consent that has ended takes the templates with it. Core: pure."""

from __future__ import annotations

from dataclasses import replace

from edge.faces.rules import consent_ended
from edge.turn import Turn
from sync.policy import applied
from sync.records import Consent, Policy, RemoveFaces

AT_ONCE = 50


def ended(policy: Policy, now_s: float, limit: int = AT_ONCE) -> list[Consent]:
    """Consents whose time is over, those that ended first before the others."""
    over = [consent for consent in policy.consents.values() if consent_ended(consent, now_s)]
    return sorted(over, key=lambda consent: (consent.until_s or 0.0, consent.person))[:limit]


def sweep(turn: Turn) -> None:
    """Remove what nobody consents to any more, some at a time; nothing while the clock is not trusted: what is
    removed by mistake must be enrolled anew. Doors refuse such a face long before."""
    if not turn.state.access.clock_trusted:
        return
    for consent in ended(turn.state.policy, turn.now.wall_s):
        body = {
            "person": consent.person,
            "purpose": consent.purpose,
            "until_us": int((consent.until_s or 0.0) * 1e6),
            "templates": turn.state.policy.faces.get(consent.person, 0),
        }
        change = RemoveFaces(consent.person)
        turn.state = replace(turn.state, policy=applied(turn.state.policy, (change,)))
        turn.record("faces.expired", "gateway", body, changes=(change,))
