"""``menwei events export``: the file holds the log, and the record says that it was taken."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from edge.cli.main import cli
from edge.observations import Audited
from edge.run.notes import found_notes
from sync.event import EventDraft
from sync.store import Store


def test_an_export_of_the_log_leaves_a_note(tmp_path: Path) -> None:
    file = tmp_path / "site.toml"
    file.write_text('version = 1\n[site]\nid = "t"\ndata_dir = "data"\n', encoding="utf-8")
    (tmp_path / "data").mkdir()
    with Store.open(tmp_path / "data" / "menwei.db", gateway_id="t", ballast_bytes=0) as store:
        store.append([EventDraft(kind="a.b", source="s", body={}, wall_us=1, mono_ns=1)]).result(timeout=30)
    out = tmp_path / "log.ndjson"
    done = CliRunner().invoke(cli, ["events", "export", str(out), "--site", str(file)])
    assert done.exit_code == 0, done.output
    lines = out.read_text("utf-8").splitlines()
    [(_, note)] = found_notes(tmp_path / "data")
    assert isinstance(note, Audited)
    assert (note.kind, note.body["format"], note.body["events"]) == ("events.exported", "ndjson", str(len(lines)))
