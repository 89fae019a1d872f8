"""The documents tell the truth about the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from edge.cli.main import cli
from edge.events import KINDS

ROOT = Path(__file__).resolve().parents[1]


def test_every_event_kind_is_documented_and_no_other() -> None:
    text = (ROOT / "docs/events.md").read_text(encoding="utf-8")
    documented = set(re.findall(r"^\| `([a-z_]+\.[a-z_]+)` \|", text, re.MULTILINE))
    assert documented == set(KINDS)


@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
def test_the_readmes_show_both_commands_and_every_command_word(readme: str) -> None:
    text = (ROOT / readme).read_text(encoding="utf-8")
    assert "make demo" in text
    assert "make test" in text
    missing = [name for name in cli.commands if f"menwei {name}" not in text]
    assert missing == []


@pytest.mark.parametrize("path", sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]), ids=lambda p: p.name)
def test_links_between_documents_lead_somewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text)
    assert [t for t in targets if not (path.parent / t).exists()] == []


def test_every_module_says_what_it_is() -> None:
    bare = [
        path.relative_to(ROOT).as_posix()
        for room in ("config", "vision", "devices", "sync", "edge")
        for path in (ROOT / room).rglob("*.py")
        if "node_modules" not in path.parts and not path.read_text(encoding="utf-8").lstrip().startswith('"""')
    ]
    assert bare == []
