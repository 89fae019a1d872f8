"""A door that knows a face, on a real gateway: enrolled over HTTP, opened by a look, refused after the removal."""

from __future__ import annotations

import csv
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import httpx
import pytest

from config.model import RelayRef
from tests.site.gateway import ROOT, Gateway, eventually, running
from tests.site.test_doors import Watch

SHARED = ROOT / "../shared"
FACES = SHARED / "data/faces"
pytestmark = pytest.mark.skipif(
    not (FACES / "identify.csv").is_file(), reason="needs the face pictures and models of ../shared"
)

SITE = """
version = 1
[site]
id = "test"
data_dir = "data"
[web]
port = 0
[limits]
login_per_minute = 1000
[faces]
liveness = "report"
frames = 2
within_s = 8.0
[buses.main]
port = "tty-main"
[boards.box]
bus = "main"
[lanes]
[cameras.lobby]
source = "look"
duties = ["faces"]
loop_file = true
fps_max = 10
[doors.lobby]
place = "大堂"
lock = { board = "box", relay = 1 }
[readers.look]
kind = "face"
camera = "lobby"
door = "lobby"
direction = "in"
[readers.pad]
kind = "keypad"
port = "tty-pad"
door = "lobby"
[fire]
input = { board = "box", channel = 8, normally = "closed" }
"""
LOCK = RelayRef(board="box", relay=1)


def pictures() -> tuple[list[Path], list[Path]]:
    """Four pictures of somebody, and two of somebody else."""
    by_person: dict[str, list[Path]] = defaultdict(list)
    with (FACES / "identify.csv").open(newline="", encoding="utf-8") as rows:
        for row in csv.DictReader(rows):
            if row["identity"].startswith("lfw:") and row["role"] in ("gallery", "probe"):
                by_person[row["identity"]].append(FACES / row["file"])
    many = [paths for _, paths in sorted(by_person.items()) if len(paths) >= 4]
    return many[0][:4], many[1][:2]


def client(gateway: Gateway) -> httpx.Client:
    """Another library's client on the guard's session."""
    return httpx.Client(base_url=gateway.url, headers=gateway.guard.headers, timeout=60.0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The site's folder with its models, and a camera that sees one person all the time."""
    (tmp_path / "site.toml").write_text(SITE, encoding="utf-8")
    command = [sys.executable, "-m", "edge", "models", "import", str((SHARED / "models").resolve())]
    subprocess.run(
        [*command, "--dir", str(tmp_path / "data/models")], cwd=ROOT, check=True, capture_output=True, timeout=120
    )
    somebody, _ = pictures()
    (tmp_path / "look").mkdir()
    for number, path in enumerate(somebody[1:]):
        shutil.copy(path, tmp_path / "look" / f"{number}.jpg")
    return tmp_path


def test_a_face_is_enrolled_opens_and_is_forgotten(folder: Path) -> None:
    somebody, _ = pictures()
    with running(folder, SITE) as gateway, client(gateway) as desk:
        eventually(lambda: gateway.events("access.denied"), "the camera sees a stranger")
        assert {e.data()["reason"] for e in gateway.events("access.denied")} <= {"unknown_face", "face_unsure"}
        assert desk.put("/v1/people/p-wang", json={"name": "王先生", "place": "1号楼101"}).status_code == 200
        assert desk.put("/v1/people/p-wang/consent", json={"purpose": "门禁"}).json()["ok"]
        with Watch(gateway, LOCK) as lock:
            answer = desk.post(
                "/v1/people/p-wang/faces",
                params={"request_id": "enrol-0001"},
                content=somebody[0].read_bytes(),
                headers={"Content-Type": "image/jpeg"},
            )
            assert answer.status_code == 201, answer.text
            eventually(lambda: lock.times_on, "the lock's relay closes for the face")
        granted = eventually(lambda: gateway.events("access.granted"), "the opening is on record")[0].data()
        assert (granted["credential"], granted["subject"]) == ("face", "王先生")
        assert desk.delete("/v1/people/p-wang/faces").status_code == 200
        eventually(lambda: gateway.events("log.faces_erased"), "an event proves the removal")
