"""Builds the problems of a check at their places. Core: pure."""

from __future__ import annotations

from collections.abc import Mapping

from config.errors import Problem, Severity
from config.keys import nearest
from config.origins import Origin, origin_of
from config.redact import redact


class Reporter:
    """Knows where each setting was written."""

    def __init__(self, origins: Mapping[str, Origin]) -> None:
        self._origins = origins

    def error(
        self,
        key: str,
        zh: str,
        en: str,
        *,
        found: str = "",
        allowed: tuple[str, ...] = (),
        guess: str = "",
        remedy: tuple[str, str] = ("", ""),
        severity: Severity = Severity.ERROR,
    ) -> Problem:
        """A problem that stops a start; ``guess`` is compared with what is allowed."""
        origin = origin_of(self._origins, key)
        return Problem(
            file=origin.file,
            line=origin.line,
            key=key,
            found=redact(found),
            message_zh=zh,
            message_en=en,
            allowed=allowed,
            nearest=nearest(guess, allowed) if guess else "",
            remedy_zh=remedy[0],
            remedy_en=remedy[1],
            severity=severity,
        )

    def warning(self, key: str, zh: str, en: str, *, remedy: tuple[str, str] = ("", "")) -> Problem:
        """A problem that the site can run with."""
        return self.error(key, zh, en, remedy=remedy, severity=Severity.WARNING)

    def place(self, key: str) -> str:
        """Where a key was written, for a message that names a second place."""
        return str(origin_of(self._origins, key))
