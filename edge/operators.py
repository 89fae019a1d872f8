"""Who acts at the page or over the API. Core: data only."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Operator:
    """Who acts, as the web shell authenticated them."""

    name: str
    role: str
