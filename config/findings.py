"""Builds the problems of a check at their places. Core: pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

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


def known(report: Reporter, key: str, name: str, table: str, defined: Mapping[str, Any]) -> Iterator[Problem]:
    """An error when a name that is used at a key stands in no table of that kind."""
    if name not in defined:
        yield report.error(
            key,
            f'没有 [{table}.{name}]，但这里用到了 "{name}"',
            f'"{name}" is used here, but there is no [{table}.{name}]',
            found=name,
            allowed=tuple(defined),
            guess=name,
            remedy=(f"请定义 [{table}.{name}] 或改正名称", f"define [{table}.{name}] or mend the name"),
        )
