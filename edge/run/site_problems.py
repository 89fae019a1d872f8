"""Everything that is wrong with a site: its own sense, and what its devices cannot do. Core: pure."""

from __future__ import annotations

from collections.abc import Sequence

from config.check import check
from config.errors import Problem, errors_only
from config.findings import Reporter
from config.origins import Loaded


def site_problems(loaded: Loaded, device_problems: Sequence[str]) -> list[Problem]:
    """The findings of the check, and those of the devices (``key: zh / en``) that it has not made itself.

    Errors first. A start refuses exactly the sites that have one.
    """
    found = check(loaded.site, loaded.origins)
    said = [problem.key for problem in errors_only(found)]
    report = Reporter(loaded.origins)
    more = []
    for sentence in device_problems:
        key, _, words = sentence.partition(": ")
        zh, _, en = words.partition(" / ")
        if not any(_same_place(key, known) for known in said):
            more.append(report.error(key, zh, en or zh))
    return sorted([*more, *found], key=lambda problem: problem.severity != "error")


def _same_place(one: str, other: str) -> bool:
    """Whether two keys are the same or one stands inside the other."""
    return one == other or one.startswith(f"{other}.") or other.startswith(f"{one}.")
