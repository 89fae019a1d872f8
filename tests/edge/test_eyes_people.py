"""Real faces, real models, a real eyes process: enrolled by pictures, known from other ones, known again after a kill.

The pictures are photographs, so liveness is only reported here; what it makes of attacks is measured elsewhere.
"""

from __future__ import annotations

import asyncio
import base64
import csv
import os
import shutil
import signal
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from config.model import Camera, Duty, Eyes, Site
from config.model_face import Faces, Models
from edge.observations import EyesBack, EyesLost, Observation
from edge.run.eyes_link import EyesLink
from vision.commands import GalleryPart, ProbeFace
from vision.observations import DutyOff, FaceSeen

SHARED = Path(__file__).resolve().parents[2] / "../shared"
PICTURES, MODELS = SHARED / "data/faces", SHARED / "models"
PATIENCE_S = 90.0
ENROLLED_PEOPLE = 6
ENROLLED_PICTURES = 3

pytestmark = pytest.mark.skipif(
    not (PICTURES / "people.csv").exists() or not (MODELS / "mobilefacenet_foamliu.onnx").exists(),
    reason="no pictures or models beside the checkout (../shared)",
)


def people() -> list[tuple[str, list[Path]]]:
    """People with six pictures or more, of one source, in order of their names."""
    pictures: dict[str, list[Path]] = defaultdict(list)
    with (PICTURES / "people.csv").open(newline="") as table:
        for row in csv.DictReader(table):
            if row["source"] == "lfw":
                pictures[row["identity"]].append(PICTURES / row["file"])
    return sorted((name, files) for name, files in pictures.items() if len(files) >= 6)


class Door:
    """A face camera that looks at pictures of a folder, and everything that is heard of it."""

    def __init__(self, folder: Path) -> None:
        self.heard: list[Observation] = []
        self.gallery: list[GalleryPart] = []
        site = Site(
            eyes=Eyes(heartbeat_timeout_s=10.0),
            faces=Faces(liveness="report", frames=3, within_s=10.0, gone_after_s=5.0),
            models=Models(dir=MODELS.resolve()),
            cameras={"lobby": Camera(source=str(folder), loop_file=True, duties=(Duty.FACES,))},
        )
        self.link = EyesLink(site, self.heard.append, gallery=lambda: self.gallery)

    def seen(self) -> list[FaceSeen]:
        return [item for item in self.heard if isinstance(item, FaceSeen)]

    async def until(self, condition: Callable[[], bool], what: str) -> None:
        deadline_s = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < deadline_s, f"waited for {what}; heard {self.heard[-3:]}"
            await asyncio.sleep(0.05)

    async def template(self, picture: Path) -> tuple[bytes, str]:
        """Vector and model; empty where the picture will not do."""
        request = ProbeFace(request_id=picture.name, camera="", picture=await asyncio.to_thread(picture.read_bytes))
        answer = await self.link.probe(request, timeout_s=PATIENCE_S)
        return base64.b64decode(answer.template), answer.model

    async def enrol(self, enrolled: list[tuple[str, list[Path]]]) -> None:
        """The first two pictures of each, without those that the quality gate refuses."""
        rows: list[tuple[str, bytes]] = []
        model = ""
        for name, files in enrolled:
            for picture in files[:ENROLLED_PICTURES]:
                vector, model = await self.template(picture)
                rows += [(name, vector)] if vector else []
        assert {name for name, _ in rows} == {name for name, _ in enrolled}
        vectors = b"".join(vector for _, vector in rows)
        self.gallery = [
            GalleryPart(
                version=1,
                part=0,
                parts=1,
                model=model,
                dim=len(rows[0][1]) // 4,
                people=tuple(name for name, _ in rows),
                negative=(),
                vectors=vectors,
            )
        ]
        self.link.refresh_gallery()


@pytest.fixture
async def look(tmp_path: Path) -> AsyncIterator[Callable[[list[Path]], Door]]:
    """A door whose camera is shown these pictures."""
    doors: list[Door] = []

    def make(shown: list[Path]) -> Door:
        folder = tmp_path / f"shown{len(doors)}"
        folder.mkdir()
        for number, picture in enumerate(shown):
            shutil.copy(picture, folder / f"{number:03}{picture.suffix}")
        doors.append(Door(folder))
        return doors[-1]

    yield make
    for door in doors:
        await door.link.stop()


async def test_a_resident_is_known_from_other_pictures_and_again_after_a_kill(
    look: Callable[[list[Path]], Door],
) -> None:
    enrolled = people()[:ENROLLED_PEOPLE]
    name, files = enrolled[2]
    door = look(files[ENROLLED_PICTURES:])
    await door.link.start()
    await door.until(lambda: door.link.stats.up, "the eyes")
    await door.enrol(enrolled)
    await door.until(lambda: any(seen.outcome == "known" for seen in door.seen()), "somebody known")
    first = next(seen for seen in door.seen() if seen.outcome == "known")
    assert first.person == name
    assert first.score >= first.threshold > 0.3
    assert first.score - first.second >= 0.04
    pid = door.link.stats.pid
    assert pid is not None
    before = len(door.heard)
    os.kill(pid, signal.SIGKILL)
    await door.until(lambda: any(isinstance(item, FaceSeen) for item in door.heard[before:]), "somebody after the kill")
    again = next(item for item in door.heard[before:] if isinstance(item, FaceSeen))
    assert {item.person for item in door.heard[before:] if isinstance(item, FaceSeen)} <= {name, ""}
    assert again.look != first.look
    assert [type(item) for item in door.heard if isinstance(item, EyesBack | EyesLost)] == [
        EyesBack,
        EyesLost,
        EyesBack,
    ]
    await door.until(lambda: any(s.person == name and s.look != first.look for s in door.seen()), "known again")


async def test_a_stranger_is_never_somebody(look: Callable[[list[Path]], Door]) -> None:
    everybody = people()
    stranger = everybody[ENROLLED_PEOPLE + 3][1]
    door = look(stranger)
    await door.link.start()
    await door.until(lambda: door.link.stats.up, "the eyes")
    await door.enrol(everybody[:ENROLLED_PEOPLE])
    await door.until(lambda: any(seen.outcome == "stranger" for seen in door.seen()), "a stranger")
    assert all(seen.person == "" for seen in door.seen())
    assert all(seen.picture.startswith(b"\xff\xd8") for seen in door.seen())


async def test_a_live_enrolment_knows_who_looks_the_same(look: Callable[[list[Path]], Door]) -> None:
    enrolled = people()[:ENROLLED_PEOPLE]
    name, files = enrolled[1]
    door = look([files[ENROLLED_PICTURES]])
    await door.link.start()
    await door.until(lambda: door.link.stats.up, "the eyes")
    await door.enrol(enrolled)
    await door.until(lambda: bool(door.seen()), "the gallery in use")
    answer = await door.link.probe(ProbeFace(request_id="live", camera="lobby"), timeout_s=PATIENCE_S)
    assert (answer.problem, answer.camera) == ("", "lobby")
    assert answer.matches == (name,)
    assert answer.model == door.gallery[0].model


async def test_without_model_files_the_duty_is_off_and_names_the_remedy(tmp_path: Path) -> None:
    folder = tmp_path / "shown"
    folder.mkdir()
    shutil.copy(people()[0][1][0], folder / "0.jpg")
    door = Door(folder)
    site = Site(
        models=Models(dir=tmp_path / "none"),
        cameras={"lobby": Camera(source=str(folder), loop_file=True, duties=(Duty.FACES,))},
    )
    door.link = EyesLink(site, door.heard.append, gallery=list)
    await door.link.start()
    try:
        await door.until(lambda: any(isinstance(item, DutyOff) for item in door.heard), "the duty")
        off = next(item for item in door.heard if isinstance(item, DutyOff))
        assert (off.camera, off.duty) == ("lobby", "faces")
        assert "menwei models pull" in off.reason
        await door.until(lambda: door.link.stats.up, "the eyes, all the same")
    finally:
        await door.link.stop()
