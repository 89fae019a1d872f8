"""`menwei analyze plates`: a line per picture whatever the picture is, and a decoder's crash stays in the child."""

from __future__ import annotations

import io
import json
import os
import struct
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from vision.analyze import analyze_plates
from vision.picture_file import load_picture
from vision.plate_reader import BadImage

LIMIT = 2**20

CHILD = """
import os, sys
from vision.analyze import serve
def answer(path):
    if "abort" in path: os.abort()
    if "exit" in path: os._exit(3)
    return {"plates": [{"text": "京A12345", "pid": os.getpid()}], "ms": 1.0}
serve(int(sys.argv[1]), answer)
"""


def run(*paths: Path | str, worker: list[str] | None = None) -> tuple[int, list[dict[str, Any]]]:
    out = io.StringIO()
    status = analyze_plates([Path(p) for p in paths], out, worker=worker)
    return status, [json.loads(line) for line in out.getvalue().splitlines()]


@pytest.fixture
def child(tmp_path: Path) -> list[str]:
    script = tmp_path / "child.py"
    script.write_text(CHILD, encoding="utf-8")
    return [sys.executable, str(script)]


def test_the_picture_that_kills_the_child_is_named_and_the_rest_go_on(child: list[str]) -> None:
    status, lines = run("a.jpg", "abort.jpg", "b.jpg", "exit.jpg", "c.jpg", worker=child)
    assert status == 1
    assert [line["file"] for line in lines] == ["a.jpg", "abort.jpg", "b.jpg", "exit.jpg", "c.jpg"]
    assert [line.get("error", {}).get("code") for line in lines] == [None, "crashed", None, "crashed", None]
    assert "SIGABRT" in lines[1]["error"]["en"] and "SIGABRT" in lines[1]["error"]["zh"]
    pids = [line["plates"][0]["pid"] for line in lines if line["plates"]]
    assert len(set(pids)) == 3


def test_one_child_serves_all_pictures_and_ends_with_them(child: list[str]) -> None:
    status, lines = run(*(f"{i}.jpg" for i in range(20)), worker=child)
    assert status == 0
    pids = {line["plates"][0]["pid"] for line in lines}
    assert len(pids) == 1
    with pytest.raises(ProcessLookupError):
        os.kill(pids.pop(), 0)


def test_lines_are_flushed_one_by_one_with_chinese_as_it_is(child: list[str]) -> None:
    class Out(io.StringIO):
        flushed: list[str] = []  # noqa: RUF012

        def flush(self) -> None:
            self.flushed.append(self.getvalue())

    out = Out()
    analyze_plates([Path("门.jpg"), Path("二.jpg")], out, worker=child)
    assert [text.count("\n") for text in out.flushed] == [1, 2]
    assert "京A12345" in out.getvalue() and '"门.jpg"' in out.getvalue()


def test_a_child_that_cannot_start_gives_an_error_line_each(tmp_path: Path) -> None:
    status, lines = run("a.jpg", "b.jpg", worker=[sys.executable, str(tmp_path / "absent.py")])
    assert status == 1
    assert [line["error"]["code"] for line in lines] == ["crashed", "crashed"]


def picture() -> np.ndarray[Any, np.dtype[np.uint8]]:
    image = np.full((120, 200, 3), (60, 90, 120), np.uint8)
    image[:40, :100] = (250, 20, 10)
    return image


def saved(path: Path, image: np.ndarray[Any, Any]) -> Path:
    assert cv2.imwrite(str(path), image)
    return path


def with_orientation(jpeg: bytes, value: int) -> bytes:
    """The same JPEG with an EXIF orientation tag (TIFF 6.0 tag 0x0112)."""
    tiff = b"II*\0\x08\0\0\0" + struct.pack("<H", 1) + struct.pack("<HHIHH", 0x0112, 3, 1, value, 0) + b"\0\0\0\0"
    body = b"Exif\0\0" + tiff
    return jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + jpeg[2:]


def test_pictures_of_every_depth_become_eight_bit_colour(tmp_path: Path) -> None:
    colour = picture()
    grey = np.asarray(cv2.cvtColor(colour, cv2.COLOR_BGR2GRAY))
    variants = {
        "grey.png": grey,
        "sixteen.png": colour.astype(np.uint16) * 257,
        "alpha.png": np.dstack([colour, np.full(colour.shape[:2], 99, np.uint8)]),
        "grey16.png": grey.astype(np.uint16) * 257,
        "车牌 图.png": colour,
    }
    for name, image in variants.items():
        loaded, scale = load_picture(saved(tmp_path / name, image), max_file_bytes=LIMIT)
        assert loaded.dtype == np.uint8
        assert (loaded.shape, scale) == (colour.shape, 1.0)
        expected = np.repeat(grey[:, :, None], 3, axis=2) if "grey" in name else colour
        assert np.abs(loaded.astype(int) - expected).max() <= 1


def test_a_picture_is_turned_upright_by_its_exif_tag(tmp_path: Path) -> None:
    plain = saved(tmp_path / "plain.jpg", picture()).read_bytes()
    turned = tmp_path / "turned.jpg"
    turned.write_bytes(with_orientation(plain, 6))
    loaded, _ = load_picture(turned, max_file_bytes=LIMIT)
    assert loaded.shape == (200, 120, 3)
    assert loaded[20, 110, 0] > 200


def test_a_cmyk_jpeg_keeps_its_colours(tmp_path: Path) -> None:
    pillow = pytest.importorskip("PIL.Image", reason="Pillow writes the CMYK picture")
    rgb = picture()[:, :, ::-1].copy()
    path = tmp_path / "cmyk.jpg"
    pillow.fromarray(rgb).convert("CMYK").save(path, quality=95)
    loaded, _ = load_picture(path, max_file_bytes=LIMIT)
    assert np.abs(loaded[60:, 110:].astype(int).mean(axis=(0, 1)) - (60, 90, 120)).max() < 25


def test_a_very_wide_picture_is_reduced_and_says_by_how_much(tmp_path: Path) -> None:
    loaded, scale = load_picture(saved(tmp_path / "wide.png", np.zeros((40, 16384, 3), np.uint8)), max_file_bytes=LIMIT)
    assert (loaded.shape, scale) == ((20, 8192, 3), 2.0)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.jpg", b""),
        ("text.jpg", b"this is no picture"),
        ("head.jpg", b"\xff\xd8\xff\xe0"),
        ("zeros.png", bytes(1000)),
        ("big.jpg", bytes(LIMIT + 1)),
    ],
)
def test_what_is_no_picture_is_refused_in_both_languages(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(BadImage) as caught:
        load_picture(path, max_file_bytes=LIMIT)
    assert caught.value.zh and caught.value.en


def test_pipes_and_folders_are_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    for path in (tmp_path / "pipe.jpg", tmp_path):
        with pytest.raises(BadImage):
            load_picture(path, max_file_bytes=LIMIT)


def test_the_real_child_answers_every_kind_of_file(tmp_path: Path) -> None:
    jpeg = saved(tmp_path / "street.jpg", picture())
    cut = tmp_path / "cut.jpg"
    cut.write_bytes(jpeg.read_bytes()[:300])
    tiny = saved(tmp_path / "tiny.png", np.zeros((3, 3, 3), np.uint8))
    status, lines = run(jpeg, cut, tiny, tmp_path / "absent.jpg", tmp_path, jpeg)
    assert status == 1
    codes = [line.get("error", {}).get("code") for line in lines]
    assert codes[0] is None and codes[2:] == ["bad_image", "missing", "bad_image", None]
    assert all(line["plates"] == [] and line["ms"] >= 0 for line in lines)
    assert all(line["error"]["zh"] and line["error"]["en"] for line in lines if "error" in line)


@pytest.mark.parametrize(
    ("before", "code", "remedy"),
    [
        ("import vision.plate_find as f; f.DETECTOR = 'absent.onnx'", "reader_unavailable", "absent.onnx"),
        ("sys.modules['cv2'] = None", "native_library", "pip install --force-reinstall opencv-python"),
    ],
)
def test_a_reader_that_cannot_load_is_explained_once_per_picture(
    tmp_path: Path, before: str, code: str, remedy: str
) -> None:
    script = tmp_path / "child.py"
    script.write_text(
        f"import sys\n{before}\nfrom vision.analyze import make_answerer, serve\n"
        "serve(int(sys.argv[1]), make_answerer())\n",
        encoding="utf-8",
    )
    status, lines = run("a.jpg", "b.jpg", worker=[sys.executable, str(script)])
    assert status == 1
    assert [line["error"]["code"] for line in lines] == [code, code]
    assert remedy in lines[0]["error"]["zh"] and remedy in lines[0]["error"]["en"]
    assert all(set(line) == {"file", "plates", "error", "ms"} for line in lines)
