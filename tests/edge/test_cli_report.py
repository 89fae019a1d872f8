"""``menwei report``: a file by its suffix out of a log on disk, the last period that is over, a note for the record."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edge.cli.main import cli
from edge.observations import Audited
from edge.run.notes import found_notes
from sync.event import EventDraft
from sync.store import Store

SITE = 'version = 1\n[site]\nid = "t"\nname = "翠湖花园"\ndata_dir = "data"\ntimezone = "Asia/Shanghai"\n'
NOVEMBER_S = 1_793_548_800.0
"""2026-11-02 in Shanghai."""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A site with one alarm and one opening by hand in November 2026."""
    file = tmp_path / "site.toml"
    file.write_text(SITE, encoding="utf-8")
    (tmp_path / "data").mkdir()
    given: list[tuple[str, str, dict[str, object]]] = [
        ("alarm.opened", "lane:a", {"alarm": "a", "kind": "lane.forced", "alarm_priority": 1, "place": "东门"}),
        ("alarm.closed", "operator:li", {"alarm": "a", "outcome": "handled", "count": 1, "age_s": 90.0}),
        ("operator.opened", "operator:li", {"lane": "a", "reason": "courier"}),
    ]
    drafts = [
        EventDraft(kind=kind, source=source, body=body, wall_us=int((NOVEMBER_S + at_s) * 1e6), mono_ns=at_s)
        for at_s, (kind, source, body) in enumerate(given)
    ]
    with Store.open(tmp_path / "data" / "menwei.db", gateway_id="t", ballast_bytes=0) as store:
        store.append(drafts).result(timeout=30)
    return file


def run(site: Path, *words: str) -> Result:
    return CliRunner().invoke(cli, ["report", *words, "--site", str(site)])


@pytest.mark.parametrize("form", ["csv", "xlsx", "pdf", "json"])
def test_the_suffix_says_what_is_written(site: Path, tmp_path: Path, form: str) -> None:
    out = tmp_path / f"november.{form}"
    done = run(site, "month", "--on", "2026-11", "--out", str(out))
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout) == {"file": str(out), "span": "2026-11", "audit": True}
    heads = {"csv": "\ufeff报告".encode(), "xlsx": b"PK", "pdf": b"%PDF-", "json": b"{"}
    assert out.read_bytes().startswith(heads[form])
    [(_, note)] = found_notes(tmp_path / "data")
    assert isinstance(note, Audited)
    assert (note.kind, note.body) == ("figures.exported", {"format": form, "period": "month", "span": "2026-11"})


def test_the_figures_are_those_of_the_log(site: Path, tmp_path: Path) -> None:
    out = tmp_path / "q.json"
    run(site, "quarter", "--on", "2026-12-31", "--out", str(out))
    found = json.loads(out.read_text("utf-8"))
    assert (found["span"]["name"], found["rates"]["alarms"], found["rates"]["handled"]) == ("2026-Q4", 1, 1)
    assert found["openings"]["hand_reasons"] == [{"name": "courier", "n": 1}]


def test_without_a_day_it_is_the_last_period_that_is_over(site: Path, tmp_path: Path) -> None:
    done = run(site, "month", "--out", str(tmp_path / "last.json"))
    assert json.loads(done.stdout)["span"] < time.strftime("%Y-%m")


@pytest.mark.parametrize(
    "words", [["month", "--out", "x.doc"], ["month", "--on", "Nov", "--out", "x.csv"], ["year", "--out", "x.csv"]]
)
def test_wrong_usage_is_said(site: Path, words: list[str]) -> None:
    assert run(site, *words).exit_code == 2
