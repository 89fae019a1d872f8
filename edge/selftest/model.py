"""Self-tests: the links of the chain and what became of each. Core: frozen data only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One link of the chain: ``inbox``, ``log``, ``page``, ``siren:NAME`` or ``push:NAME``."""

    limit_s: float
    ok: bool | None = None
    """None while it has not answered."""
    after_ms: float | None = None
    detail: str = ""

    def row(self, name: str) -> dict[str, Any]:
        """JSON-ready."""
        return {"link": name, "ok": self.ok, "ms": self.after_ms, "detail": self.detail, "within_s": self.limit_s}


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A self-test that runs."""

    id: str
    by: str
    request: str
    began_mono_s: float
    reference: str
    """Id of its first event, whose durability proves the log."""
    links: Mapping[str, Link]


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfTests:
    """What the hub knows of self-tests."""

    run: Run | None = None
    last: Mapping[str, Any] = field(default_factory=dict)
    """Body of the newest ``selftest.done``; empty before the first."""
    last_at_s: float = 0.0
    last_day: str = ""
    """Site's date of the newest one that the plan began."""
    up_since_mono_s: float | None = None
    """First tick of this run of the program: the plan leaves pages and boards time to come back."""
