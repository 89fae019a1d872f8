"""Clips of a watching camera: copied H.264 where that can be, pictures in a ZIP file where not, and always bounded."""

from __future__ import annotations

import io
import threading
import time
import zipfile
from functools import partial
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from tests.vision.clips import Image, street, write_film
from vision.clip_ring import AFTER_S, BEFORE_S
from vision.errors import Ended, Garbage, Unreachable
from vision.frame import Frame
from vision.sightings import ClipKept
from vision.source_coded import can_be_coded, open_coded
from vision.watching.recorder import CLIP_BYTES_MAX, LATE_S, PICTURES_FPS, WAITING_MAX, Recorder
from vision.wire_frames import MESSAGE_BYTES_MAX

FPS = 10


def no_pause(_seconds: float) -> None:
    """Films are read as fast as they come."""


clips: list[ClipKept] = []


def coded(film: Path, recorder: Recorder, monkeypatch: pytest.MonkeyPatch, *, loop: bool = False) -> list[Image]:
    """The film through a coded source with a recorder, a tenth of a second of clock a frame."""
    clock = [0.0]
    monkeypatch.setattr("vision.source_coded.time.monotonic", lambda: clock[0])
    source = open_coded(str(film), keep=recorder, open_timeout_s=5, read_timeout_s=5, loop_file=loop, pause=no_pause)
    images: list[Image] = []
    try:
        while len(images) < 400:
            source.grab()
            images.append(source.retrieve())
            clock[0] += 1 / FPS
            clips.extend(recorder.due(clock[0]))
    except Ended:
        pass
    source.close()
    return images


def pictures_of(clip: bytes) -> int:
    with av.open(io.BytesIO(clip), "r") as container:
        return sum(1 for _ in container.decode(video=0))


def test_a_coded_source_shows_what_opencv_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    film = write_film(tmp_path / "film.mp4", frames=30, fps=FPS)
    ours = coded(film, Recorder("east"), monkeypatch)
    capture = cv2.VideoCapture(str(film))
    theirs = [capture.read()[1] for _ in range(30)]
    capture.release()
    assert len(ours) == 30
    difference = [np.abs(a.astype(int) - b.astype(int)).mean() for a, b in zip(ours, theirs, strict=True)]
    assert max(difference) < 2.0  # two ways from YUV to BGR


def test_a_clip_reaches_from_ten_seconds_before_to_five_after_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = write_film(tmp_path / "film.mp4", frames=300, fps=FPS)
    recorder = Recorder("east")
    recorder.want("m1", 15.0, 1.78e9, lasted_s=2.0)
    clips.clear()
    coded(film, recorder, monkeypatch)
    (clip,) = clips
    assert (clip.camera, clip.matter, clip.media) == ("east", "m1", "video/mp4")
    assert clip.until_at_s - clip.from_at_s == pytest.approx(BEFORE_S + 2 + AFTER_S, abs=1.1)
    assert clip.from_at_s <= 1.78e9 - BEFORE_S
    assert pictures_of(clip.data) == pytest.approx(170, abs=11)


def test_what_waits_is_made_when_the_stream_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    film = write_film(tmp_path / "film.mp4", frames=60, fps=FPS)
    recorder = Recorder("east")
    recorder.want("m1", 5.0, 1.78e9)
    clips.clear()
    coded(film, recorder, monkeypatch)
    assert clips == []  # the seconds after it had not come yet
    (clip,) = recorder.due(6.0)
    assert pictures_of(clip.data) == pytest.approx(60, abs=2)


def test_a_film_that_begins_again_gives_a_clip_up_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    film = write_film(tmp_path / "film.mp4", frames=100, fps=FPS)
    recorder = Recorder("east")
    recorder.want("m1", 27.0, 1.78e9)
    clips.clear()
    images = coded(film, recorder, monkeypatch, loop=True)
    assert len(images) == 400
    (clip,) = clips
    assert pictures_of(clip.data) == pytest.approx(100, abs=2)
    assert clip.until_at_s == pytest.approx(1.78e9 + 3, abs=0.5)


def frame(at_s: float, image: Image) -> Frame:
    return Frame("east", 1, at_s, 1.78e9 + at_s, image)


def test_without_a_coded_stream_pictures_go_into_a_zip_file() -> None:
    recorder = Recorder("east")
    for number in range(600):
        at_s = number / 25
        recorder.picture(frame(at_s, street(number, 1280, 720)))
    recorder.want("m1", 15.0, 1.78e9 + 15.0)
    assert recorder.due(19.9) == []
    (clip,) = recorder.due(24.0)
    assert clip.media == "application/zip"
    with zipfile.ZipFile(io.BytesIO(clip.data)) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        first = cv2.imdecode(np.frombuffer(archive.read(names[0]), np.uint8), cv2.IMREAD_COLOR)
        assert all(entry.compress_type == zipfile.ZIP_STORED for entry in archive.infolist())
    assert first is not None
    assert first.shape == (540, 960, 3)
    assert len(names) == pytest.approx((BEFORE_S + AFTER_S) * PICTURES_FPS, abs=3)
    assert float(names[0].split("_")[1].removesuffix("s.jpg")) == pytest.approx(-BEFORE_S, abs=0.2)
    assert clip.until_at_s - clip.from_at_s == pytest.approx(BEFORE_S + AFTER_S, abs=0.3)
    assert recorder.due(40.0) == []


@pytest.mark.parametrize("bytes_max", [400_000, 2_000_000])
def test_a_zip_file_fits_into_a_message_by_showing_fewer_pictures(bytes_max: int) -> None:
    recorder = Recorder("east", bytes_max=bytes_max)
    noise = np.random.default_rng(1).integers(0, 256, (16, 270, 480, 3), np.uint8)
    for number in range(160):
        recorder.picture(frame(number / 8, noise[number % 16]))
    recorder.want("m1", 12.0, 1.78e9)
    (clip,) = recorder.due(20.0)
    assert bytes_max / 4 < len(clip.data) <= bytes_max


def test_a_message_takes_the_largest_clip() -> None:
    assert CLIP_BYTES_MAX + 64 * 1024 < MESSAGE_BYTES_MAX


def test_a_silent_camera_still_gives_what_there_is_and_waiting_is_bounded() -> None:
    recorder = Recorder("east")
    for number in range(100):
        recorder.picture(frame(number / 10, street(number)))
    for number in range(WAITING_MAX + 3):
        recorder.want(f"m{number}", 9.0, 1.78e9)
        recorder.want(f"m{number}", 9.0, 1.78e9)
    made = recorder.due(9.0 + AFTER_S + LATE_S)
    assert len(made) == WAITING_MAX  # the oldest of the results go: nobody has asked for them in time
    assert [clip.matter for clip in made][-1] == f"m{WAITING_MAX + 2}"
    assert recorder.due(1000.0) == []


@pytest.mark.parametrize(
    ("source", "coded_source"),
    [
        ("rtsp://camera/1", True),
        ("http://camera/video", True),
        ("yesterday.mp4", True),
        ("0", False),
        ("folder/of/pictures", False),
        ("v4l2://video0", False),
    ],
)
def test_which_sources_have_packets(source: str, coded_source: bool) -> None:
    assert can_be_coded(source) is coded_source


def test_what_cannot_be_opened_says_why(tmp_path: Path) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no film" * 100)
    opener = partial(open_coded, keep=Recorder("east"), open_timeout_s=1.0, read_timeout_s=1.0)
    with pytest.raises(Garbage, match=r"broken\.mp4"):
        opener(str(broken))
    with pytest.raises(Unreachable, match="no such file"):
        opener(str(tmp_path / "absent.mp4"))
    with pytest.raises(Unreachable, match="cannot reach"):
        opener("rtsp://guard:geheim@127.0.0.1:9/1")


def test_capturing_and_cutting_at_once_is_safe(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film.mp4", frames=60, fps=60)
    recorder, stop = Recorder("east"), threading.Event()
    made: list[bytes] = []

    def capture() -> None:
        while not stop.is_set():
            source = open_coded(
                str(film), keep=recorder, open_timeout_s=5, read_timeout_s=5, loop_file=False, pause=no_pause
            )
            try:
                while True:
                    source.grab()
            except Ended:
                source.close()

    thread = threading.Thread(target=capture)
    thread.start()
    deadline_s = time.monotonic() + 30
    number = 0
    while len(made) < 20 and time.monotonic() < deadline_s:
        number += 1
        recorder.want(f"m{number}", time.monotonic() - AFTER_S / 2, 1.78e9)  # cut at the latest when the film ends
        made += [clip.data for clip in recorder.due(time.monotonic()) if clip.data]
        time.sleep(0.01)
    stop.set()
    thread.join()
    assert len(made) >= 20
    assert all(data[4:8] == b"ftyp" for data in made)
