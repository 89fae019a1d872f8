"""What the web needs from the gateway: a small protocol, declared beside its user."""

from __future__ import annotations

from typing import Any, Protocol

from edge.intents import Answer
from edge.live.board import LiveBoard
from edge.observations import Audited, OperatorAct
from sync.store import Store
from vision.commands import ProbeFace
from vision.observations import FaceProbed


class FaceProber(Protocol):
    """The eyes as enrolment sees them."""

    async def probe(self, request: ProbeFace) -> FaceProbed:
        """A template, or why there is none; answers in bounded time, also when the eyes are away."""


class GatewayPort(Protocol):
    """The hub as the web sees it. All calls run on the hub's event loop."""

    @property
    def store(self) -> Store:
        """The event log, the lists and the stored pictures."""

    @property
    def eyes(self) -> FaceProber | None:
        """Who looks at pictures; None before the eyes are started."""

    @property
    def live(self) -> LiveBoard:
        """Live pictures of the cameras."""

    def snapshot(self) -> dict[str, Any]:
        """The state for the page, JSON-ready. See docs/http-api.md for its shape."""

    def health(self) -> dict[str, Any]:
        """Function, not liveness: ``{"ready": bool, "problems": [...], ...}``."""

    async def act(self, act: OperatorAct) -> Answer:
        """Put a person's act through the inbox like any observation; wait for its verdict."""

    def audit(self, act: Audited) -> None:
        """Write something a person did into the log."""
