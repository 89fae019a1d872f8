"""What is wrong with a site file, in both languages. Core: frozen data and its rendering, no I/O."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

Language = Literal["zh", "en"]


class Severity(StrEnum):
    """Whether the site may start with it."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing to mend: where it stands, what was found, what is allowed, and the remedy."""

    file: str
    """File as the user named it; ``$NAME`` for a variable, ``--set KEY`` for the command line."""
    line: int | None = None
    column: int | None = None
    key: str = ""
    """Dotted key, empty where the file as a whole is meant."""
    found: str = ""
    """What stands there, shortened, passwords blanked."""
    message_zh: str
    message_en: str
    allowed: tuple[str, ...] = ()
    nearest: str = ""
    remedy_zh: str = ""
    remedy_en: str = ""
    severity: Severity = Severity.ERROR

    @property
    def remedy(self) -> str:
        """The remedy in both languages, Chinese first; empty when the message says it all."""
        return f"{self.remedy_zh} / {self.remedy_en}" if self.remedy_zh else ""

    @property
    def place(self) -> str:
        """``site.toml:12:5``, as editors and terminals understand it."""
        numbers = [str(n) for n in (self.line, self.column) if n is not None]
        return ":".join([self.file, *numbers])

    def sentence(self, language: Language) -> str:
        """The whole matter in one language, without its place."""
        zh = language == "zh"
        parts = [self.message_zh if zh else self.message_en]
        if self.allowed:
            parts.append(f"可用：{'、'.join(self.allowed)}" if zh else f"allowed: {', '.join(self.allowed)}")
        if self.nearest:
            parts.append(f"是否想写 {self.nearest}？" if zh else f"did you mean {self.nearest}?")
        remedy = self.remedy_zh if zh else self.remedy_en
        if remedy:
            parts.append(remedy)
        return ("；" if zh else "; ").join(parts)

    def render(self) -> str:
        """``site.toml:12: lanes.east-in.direction: …`` in Chinese, then the English on its own line."""
        warning = self.severity is Severity.WARNING
        head = "".join(f"{part}: " for part in (self.place, "警告 warning" if warning else "", self.key) if part)
        return f"{head}{self.sentence('zh')}\n    {self.sentence('en')}"


class ConfigError(Exception):
    """The site cannot be read as it stands; holds every problem that was found, not only the first."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        return "\n".join(problem.render() for problem in self.problems)


def errors_only(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Those that must stop a start."""
    return tuple(problem for problem in problems if problem.severity is Severity.ERROR)
