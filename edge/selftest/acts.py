"""What begins a self-test, and what a page says about it. Core: data only."""

from __future__ import annotations

from dataclasses import dataclass

from edge.operators import Operator


@dataclass(frozen=True, slots=True, kw_only=True)
class BeginSelfTest:
    """Prove the chain now; by a person at the page, the command line, or the gateway's own plan."""

    request_id: str
    offered_mono_s: float
    """When it was put into the inbox."""
    operator: Operator


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfTestSeen:
    """A page has painted the test's alarm."""

    request_id: str
    test: str
    page: str
    """Which page: the name of its tablet, or the address."""
    operator: Operator


SelfTestAct = BeginSelfTest | SelfTestSeen
