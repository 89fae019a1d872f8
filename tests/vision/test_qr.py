"""QR codes held to a camera: once per showing, in the region only, and never at the cost of the other duties."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from config.model import Camera, Duty, Eyes, Plates
from tests.vision.clips import Image
from tests.vision.qr_codes import TOKEN, code, held_up
from tests.vision.test_eyes import Process, film, process, ready  # noqa: F401  # fixtures
from vision.code_watch import GONE_AFTER_S, REMEMBERED_MAX, TEXT_MAX, CodeReader, CodeWatch
from vision.frame import Frame
from vision.makers import code_reader_maker
from vision.observations import CodeShown, DutyOff, Observation, PlateSeen
from vision.plate_reader import ReaderUnavailable
from vision.qr import CODES_MAX, ZxingReader
from vision.wire import StartMessage, encode_start

pytest.importorskip("zxingcpp", reason="the extra qr is not installed")


class Scripted:
    """Reads what the test wants and counts how often it was asked."""

    def __init__(self, *texts: str) -> None:
        self.texts = list(texts)
        self.asked = 0

    def read(self, image: Image) -> list[str]:
        self.asked += 1
        return list(self.texts)


class Gate:
    """A camera's watch with its own time."""

    def __init__(self, camera: Camera | None = None) -> None:
        self.watch = CodeWatch("east", camera or Camera(source="x", duties=(Duty.QR,)))
        self.number = 0

    def show(self, reader: CodeReader, now_s: float, image: Image | None = None) -> list[Observation]:
        self.number += 1
        moving = held_up(None) if image is None else image
        if image is None:
            moving[:, : 20 + 7 * self.number % 200] = 250  # something moves, so that every frame is read
        frame = Frame("east", self.number, now_s, 1.7e9 + now_s, moving)
        reads = self.watch.read(frame, reader)
        return self.watch.conclude(frame, reads, now_s + 0.1)


def texts(said: list[Observation]) -> list[str]:
    return [item.text for item in said if isinstance(item, CodeShown)]


def test_a_code_is_read_from_the_picture_and_carries_the_time_of_its_frame() -> None:
    (shown,) = Gate().show(ZxingReader(), 12.5, held_up(code()))
    assert isinstance(shown, CodeShown)
    assert (shown.camera, shown.text, shown.captured_mono_s) == ("east", TOKEN, 12.5)
    assert TOKEN not in repr(shown)


def test_a_code_held_still_is_one_showing_however_long() -> None:
    gate, reader = Gate(), Scripted("A")
    assert texts([item for n in range(300) for item in gate.show(reader, n * 0.2)]) == ["A"]


@pytest.mark.parametrize(("away_s", "again"), [(1.0, []), (2.5, []), (GONE_AFTER_S + 1.5, ["A"])])
def test_it_is_shown_again_only_after_it_was_away(away_s: float, again: list[str]) -> None:
    gate, reader, nothing = Gate(), Scripted("A"), Scripted()
    gate.show(reader, 10.0)
    for n in range(1, round(away_s * 10)):
        assert gate.show(nothing, 10.0 + n * 0.1) == []
    assert texts(gate.show(reader, 10.0 + away_s)) == again


def test_a_slow_box_that_looks_every_five_seconds_still_sees_one_showing() -> None:
    gate, reader = Gate(), Scripted("A")
    assert texts([item for n in range(10) for item in gate.show(reader, n * 5.0)]) == ["A"]


def test_two_codes_are_two_showings_and_another_one_is_new() -> None:
    gate = Gate()
    assert texts(gate.show(Scripted("A", "B"), 1.0)) == ["A", "B"]
    assert texts(gate.show(Scripted("B", "C"), 1.2)) == ["C"]


def test_what_is_remembered_is_bounded_and_what_is_no_token_is_left_out() -> None:
    gate = Gate()
    shown = texts([item for n in range(200) for item in gate.show(Scripted(f"N{n}"), n * 0.1)])
    assert len(shown) == 200
    assert len(gate.watch._seen) <= REMEMBERED_MAX
    assert gate.show(Scripted("x" * (TEXT_MAX + 1)), 100.0) == []


def test_only_the_region_is_looked_at() -> None:
    picture = held_up(code(), at=(320, 100))
    for region, found in (((0.0, 0.0, 0.45, 1.0), []), ((0.45, 0.0, 1.0, 1.0), [TOKEN])):
        camera = Camera(source="x", duties=(Duty.QR,), region=region)
        assert texts(Gate(camera).show(ZxingReader(), 1.0, picture)) == found


def test_a_still_scene_costs_a_read_every_two_seconds() -> None:
    gate, reader, still = Gate(), Scripted(), held_up(None)
    for n in range(600):
        gate.show(reader, n * 0.1, still.copy())
    assert reader.asked <= 45


@pytest.mark.parametrize(
    "damage",
    [
        lambda image: cv2.GaussianBlur(image, (0, 0), 1.2),
        lambda image: cv2.rotate(image, cv2.ROTATE_90_CLOCKWISE),
        lambda image: 255 - image,
        lambda image: (image * 0.2).astype(np.uint8),
    ],
    ids=["blurred", "turned", "inverted", "dim"],
)
def test_a_damaged_code_is_still_read(damage: Callable[[Image], Image]) -> None:
    assert ZxingReader().read(np.ascontiguousarray(damage(held_up(code())))) == [TOKEN]


def test_a_poster_of_codes_is_cut_short_and_a_picture_without_any_is_empty() -> None:
    poster = np.hstack([code(f"CODE-{n}") for n in range(6)])
    assert len(ZxingReader().read(poster)) == CODES_MAX
    assert ZxingReader().read(held_up(None)) == []
    noise = np.random.default_rng(1).integers(0, 255, (480, 640, 3), dtype=np.uint8)
    assert ZxingReader().read(noise) == []


def test_without_the_extra_the_duty_is_off_and_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "zxingcpp", None)
    with pytest.raises(ReaderUnavailable, match=r"menwei\[qr\]"):
        ZxingReader()
    cameras = {"east": Camera(source="x", duties=(Duty.QR,)), "west": Camera(source="y")}
    said: list[Observation] = []
    make = code_reader_maker(StartMessage(cameras=cameras, plates=Plates(), eyes=Eyes()), said.append)
    assert make() is None
    (off,) = said
    assert isinstance(off, DutyOff)
    assert (off.camera, off.duty) == ("east", "qr")
    assert "menwei[qr]" in off.reason


def test_the_eyes_say_what_is_shown_beside_plates(process: Process, tmp_path: Path) -> None:  # noqa: F811
    """Through the real process: one camera with both duties, a folder of pictures as its source."""
    folder = tmp_path / "pictures"
    folder.mkdir()
    for number in range(6):
        picture = held_up(code(), at=(200, 60 + 10 * number))
        (folder / f"{number:02}.jpg").write_bytes(cv2.imencode(".jpg", picture)[1].tobytes())
    camera = Camera(source=str(folder), duties=(Duty.PLATES, Duty.QR), loop_file=True)
    start = StartMessage(
        cameras={"east": camera},
        plates=Plates(),
        eyes=Eyes(),
        reader="tests.vision.eyes_readers:Steady",
    )
    process.peer.sendall(encode_start(start))
    process.listen(ready)
    process.listen(lambda item: isinstance(item, CodeShown))
    process.listen(lambda item: isinstance(item, PlateSeen))
    assert [item.text for item in process.heard if isinstance(item, CodeShown)] == [TOKEN]
