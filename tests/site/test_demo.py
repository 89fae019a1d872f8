"""``menwei demo`` as a newcomer runs it: it plays every act, ends by itself and its books balance."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest

from config.model import Site
from edge.demo import world_door
from edge.demo.run import parse_duration
from edge.demo.site import site_toml
from edge.demo.world import obey
from edge.demo.world_street import Street
from tests.site.gateway import ROOT


@pytest.mark.timeout(300)
def test_the_demonstration_plays_every_act_and_its_books_balance(tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    command = [
        sys.executable,
        "-m",
        "edge",
        "demo",
        "--for",
        "60s",
        "--summary",
        str(out),
        "--dir",
        str(tmp_path / "d"),
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    summary = json.loads(out.read_text(encoding="utf-8"))
    assert summary["failures"] == []
    assert summary["rounds"] >= 1
    assert summary["chain_ok"]
    assert summary["pulled"] == summary["events"]
    # owner, stranger by hand, guest; the late guest is refused; one camera and two boards were lost
    assert summary["cars"] >= 4
    assert summary["opened"] >= 3
    assert summary["by_hand"] >= 1
    assert summary["refused"] >= 1
    assert summary["camera_lost"] >= 1
    assert summary["link_lost"] >= 2
    # a visitor with a code always, a resident with a phone where the extra is installed; a wrong code is refused
    phones = find_spec("bumble") is not None
    assert summary["door_openings"] >= 1 + phones
    assert (summary["by_phone"] >= 1) is phones
    assert summary["refused"] >= 2
    assert ("the phone is left out" in done.stdout) is not phones
    assert 0 < summary["frame_to_bytes_ms"]["p50"] <= summary["frame_to_bytes_ms"]["p99"]
    assert "#token=" in done.stdout


@pytest.mark.parametrize(("text", "seconds"), [("60s", 60), ("2m", 120), ("1h", 3600), ("7", 7), ("1.5m", 90)])
def test_durations(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "s", "-1s", "0s", "1d", "1s2"])
def test_wrong_durations_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="60s"):
        parse_duration(text)


@pytest.mark.timeout(120)
def test_without_the_radio_the_door_has_a_keypad_and_no_phone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world_door, "find_spec", lambda _name: None)
    said: list[str] = []
    street = Street(tmp_path, ["east-in"], lambda event, **_: said.append(event), size=(320, 180), fps=5)
    ready = street.start()
    try:
        assert ready["phone"] == ""
        site = Site.model_validate(tomllib.loads(site_toml(ready, tmp_path)))
        assert [reader.kind for reader in site.readers.values()] == ["keypad"]
        assert obey(street, '{"do":"phone","seed":"' + "00" * 32 + '"}', lambda event, **_: said.append(event))
        assert said[-1] == "error"
    finally:
        street.stop()
