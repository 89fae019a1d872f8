"""``menwei evidence`` beside a log, and the note that puts the export on record."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edge.cli.main import cli
from edge.observations import Audited
from edge.run.notes import NOTES, can_leave_notes, found_notes, leave_note, watch_notes
from sync.store import Store
from tests.site.gateway import SITE
from tests.sync.helpers import DEADLINE_S, draft, picture


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A site with a log of one event; returns its file."""
    file = tmp_path / "site.toml"
    file.write_text(SITE, encoding="utf-8")
    data = tmp_path / "data"
    data.mkdir()
    photo = picture(b"a photograph")
    with Store.open(data / "menwei.db", gateway_id="test", media_dir=data / "media", ballast_bytes=0) as store:
        store.append([draft(id="theft", kind="lane.forced", attachments=(photo,))]).result(DEADLINE_S)
    return file


def menwei(*words: object) -> Result:
    return CliRunner().invoke(cli, [str(word) for word in words])


def test_export_and_verify_from_the_command_line(site: Path, tmp_path: Path) -> None:
    out = tmp_path / "theft.zip"
    exported = menwei("evidence", "export", "theft", "--out", out, "--site", site)
    assert exported.exit_code == 0, exported.output
    said = json.loads(exported.stdout)
    assert (said["media"], said["missing"], said["audit"]) == ("1", "0", True)
    key = json.loads(menwei("evidence", "key", "--site", site).stdout)["public_key"]
    verified = menwei("evidence", "verify", out, "--key", key)
    assert verified.exit_code == 0, verified.output
    assert json.loads(verified.stdout)["key_trusted"] is True
    assert menwei("evidence", "verify", out, "--key", "0" * 64).exit_code == 1
    assert menwei("evidence", "verify", out, "--key", "no key").exit_code == 2
    out.write_bytes(out.read_bytes().replace(b"a photograph", b"a photogreph"))
    broken = menwei("evidence", "verify", out)
    assert broken.exit_code == 1
    assert [name[-4:] for name in json.loads(broken.stdout)["altered"]] == [".jpg"]
    out.write_bytes(out.read_bytes().replace(b"lane.forced", b"lane.passed"))
    assert {"chain.ndjson", "events.json"} <= set(json.loads(menwei("evidence", "verify", out).stdout)["altered"])


def test_a_wrong_event_and_a_wrong_place_end_with_a_sentence(site: Path, tmp_path: Path) -> None:
    for event, out in (("nobody", tmp_path / "x.zip"), ("theft", tmp_path / "absent" / "x.zip")):
        result = menwei("evidence", "export", event, "--out", out, "--site", site)
        assert result.exit_code != 0
        assert not out.exists()
        assert not list((site.parent / "data").glob(f"{NOTES}/*"))


def test_the_gateway_puts_an_export_on_record_once(site: Path, tmp_path: Path) -> None:
    data = site.parent / "data"
    assert menwei("evidence", "export", "1", "--out", tmp_path / "a.zip", "--site", site).exit_code == 0
    heard: list[Audited] = []

    async def listen() -> None:
        task = asyncio.create_task(watch_notes(data, heard.append))
        async with asyncio.timeout(DEADLINE_S):
            while not heard or list((data / NOTES).iterdir()):
                await asyncio.sleep(0.01)
        task.cancel()

    asyncio.run(listen())
    assert [note.kind for note in heard] == ["evidence.exported"]
    assert heard[0].body["event"] == "theft"
    assert len(heard[0].body["sha256"]) == 64


@pytest.mark.parametrize("text", ["", "{", "[]", '{"kind":"auth.login","operator":"x","body":{}}',
                                  '{"kind":"evidence.exported","operator":1,"body":{}}',
                                  '{"kind":"evidence.exported","operator":"x","body":{"a":1}}'])  # fmt: skip
def test_a_note_that_is_none_is_told_and_thrown_away(tmp_path: Path, text: str) -> None:
    (tmp_path / NOTES).mkdir()
    (tmp_path / NOTES / "a.json").write_text(text)
    assert [note for _, note in found_notes(tmp_path)] == [None]


def test_where_no_note_can_be_left_it_is_known_before(tmp_path: Path) -> None:
    (tmp_path / NOTES).write_text("a file in the way")
    assert not can_leave_notes(tmp_path)
    (tmp_path / NOTES).unlink()
    assert can_leave_notes(tmp_path)
    leave_note(tmp_path, "evidence.exported", "li", {"event": "e"})
    assert [note for _, note in found_notes(tmp_path)] == [
        Audited(kind="evidence.exported", operator="li", body={"event": "e"})
    ]
