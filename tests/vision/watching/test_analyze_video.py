"""`menwei analyze video`: what an installer gets from yesterday's recording."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from config.model import Camera, Duty, Plates
from edge.cli.main import cli
from tests.vision.clips import write_film
from vision.analyze_video import analyze_video
from vision.sim.watched import Yard

YARD = Yard(comes_s=3.0, leaves_s=18.0)
DWELL_S = 8.0
FRAMES = 28 * 5


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_film(tmp_path_factory.mktemp("films") / "yard.mp4", frames=FRAMES, fps=5, picture=YARD.frame)


def site(tmp_path: Path, more: str = "") -> Path:
    file = tmp_path / "site.toml"
    polygon = json.dumps(YARD.polygon)
    file.write_text(
        '[cameras.yard]\nsource = "rtsp://guard:geheim@192.0.2.1/1"\nduties = ["zones"]\n'
        f'[cameras.yard.zones.north]\nkind = "lane"\npolygon = {polygon}\ndwell_s = {DWELL_S}\nclear_s = 2\n{more}'
    )
    return file


def run(*words: object) -> Any:
    return CliRunner().invoke(cli, ["analyze", "video", *map(str, words)])


def test_events_pictures_and_timings_are_written(film: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = run(film, "--site", site(tmp_path), "--out", out)
    assert done.exit_code == 0, done.output
    summary = json.loads(done.stdout.strip().splitlines()[-1])
    lines = [json.loads(line) for line in (out / "events.jsonl").read_text(encoding="utf-8").splitlines()]
    blocked = next(line for line in lines if line["what"] == "ZoneBlocked")
    cleared = next(line for line in lines if line["what"] == "ZoneCleared")
    assert blocked["film_s"] == pytest.approx(YARD.comes_s + YARD.drive_s + DWELL_S, abs=2.5)
    assert cleared["film_s"] == pytest.approx(YARD.leaves_s + YARD.drive_s, abs=4)
    assert (out / blocked["picture"]).read_bytes().startswith(b"\xff\xd8")
    assert summary["events"] == len(lines)
    timings = json.loads((out / "timings.json").read_text())
    assert timings["frames"] == FRAMES
    assert timings["film_s"] == pytest.approx(27.8, abs=0.5)
    assert timings["cpu_to_decoding"] > 1
    assert "geheim" not in "".join(path.read_text(errors="replace") for path in out.rglob("*") if path.is_file())


def test_only_one_camera_needs_no_name_and_a_wrong_one_is_named(film: Path, tmp_path: Path) -> None:
    file = site(tmp_path, '[cameras.gate]\nsource = "0"\n')
    for words in ((), ("--camera", "yord")):
        done = run(film, "--site", file, "--out", tmp_path / "out", *words)
        assert done.exit_code == 2
        assert "yard, gate" in done.output


def test_what_is_no_film_and_what_is_no_site_have_their_exit_status(tmp_path: Path) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no film")
    done = run(broken, "--site", site(tmp_path), "--out", tmp_path / "out")
    assert done.exit_code == 1
    assert "打不开视频" in done.output
    (tmp_path / "site.toml").write_text("[cameras.yard]\n")
    assert run(broken, "--site", tmp_path / "site.toml", "--out", tmp_path / "out").exit_code == 3


def test_a_child_that_dies_of_a_film_is_told(tmp_path: Path) -> None:
    said = analyze_video(
        tmp_path / "evil.mp4",
        name="yard",
        camera=Camera(source="0", duties=(Duty.ZONES,)),
        plates=Plates(),
        models_dir=tmp_path,
        out=tmp_path,
        say=lambda _: None,
        worker=(sys.executable, "-c", "import os, signal, sys; sys.stdin.read(); os.kill(os.getpid(), signal.SIGSEGV)"),
    )
    assert "SIGSEGV" in said["error"]["en"]
