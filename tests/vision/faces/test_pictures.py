"""Pictures that strangers send: read the way a browser shows them, or refused with a reason; nothing else happens."""

from __future__ import annotations

import os
import struct
import zlib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from vision.faces import pictures
from vision.faces.picture_head import PIXELS_MAX, Refused, exif_orientation, read_head
from vision.faces.pictures import PictureRefused, decode, load
from vision.faces.words import PROBLEMS

WIDTH, HEIGHT = 120, 96


def scene() -> NDArray[np.uint8]:
    """Four quarters of different colours, so that every turn and mirror image is another picture."""
    image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    image[: HEIGHT // 2, : WIDTH // 2] = (250, 20, 20)
    image[: HEIGHT // 2, WIDTH // 2 :] = (20, 250, 20)
    image[HEIGHT // 2 :, : WIDTH // 2] = (20, 20, 250)
    image[HEIGHT // 2 :, WIDTH // 2 :] = (230, 230, 230)
    return image


def encoded(suffix: str, image: NDArray[Any], *flags: int) -> bytes:
    return cv2.imencode(suffix, image, list(flags))[1].tobytes()


def jpeg(*flags: int) -> bytes:
    return encoded(".jpg", scene(), cv2.IMWRITE_JPEG_QUALITY, 95, *flags)


def png(image: NDArray[Any] | None = None) -> bytes:
    return encoded(".png", scene() if image is None else image)


def webp(quality: int = 101) -> bytes:
    return encoded(".webp", scene(), cv2.IMWRITE_WEBP_QUALITY, quality)


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def with_chunk(name: bytes, body: bytes) -> bytes:
    """A PNG with one more chunk after its header."""
    return png()[:33] + chunk(name, body) + png()[33:]


def tiff(orientation: int, order: str = "<") -> bytes:
    magic = b"II*\0" if order == "<" else b"MM\0*"
    return magic + struct.pack(order + "IHHHIHHI", 8, 1, 0x0112, 3, 1, orientation, 0, 0)


def turned_jpeg(orientation: int) -> bytes:
    body = b"Exif\0\0" + tiff(orientation, ">")
    return b"\xff\xd8\xff\xe1" + struct.pack(">H", len(body) + 2) + body + jpeg()[2:]


def png_of_size(width: int, height: int, depth: int = 8) -> bytes:
    """Claims a size; holds next to nothing."""
    header = struct.pack(">IIBBBBB", width, height, depth, 2, 0, 0, 0)
    return png()[:8] + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 4096, 9)) + chunk(b"IEND", b"")


def jpeg_of_size(width: int, height: int) -> bytes:
    data = bytearray(jpeg())
    place = data.index(b"\xff\xc0")
    struct.pack_into(">HH", data, place + 5, height, width)
    return bytes(data)


def jpeg_with_scans(count: int) -> bytes:
    """The same scan again and again: as much work for a decoder as so many pictures."""
    data = jpeg()
    place = data.index(b"\xff\xda")
    return data[:place] + data[place:-2] * count + data[-2:]


def jpeg_with_two_frames() -> bytes:
    """Claims one size, then another."""
    data = jpeg_of_size(60_000, 60_000)
    place = data.index(b"\xff\xc0")
    small = jpeg()[place : place + 19]
    return data[:place] + data[place : place + 19] + small + data[place + 19 :]


def webp_on_canvas(width: int, height: int) -> bytes:
    size = struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]
    pieces = b"WEBPVP8X" + struct.pack("<I", 10) + b"\0\0\0\0" + size + webp()[12:]
    return b"RIFF" + struct.pack("<I", len(pieces)) + pieces


def webp_twice() -> bytes:
    pieces = b"WEBP" + webp()[12:] + webp()[12:]
    return b"RIFF" + struct.pack("<I", len(pieces)) + pieces


def near(a: NDArray[np.uint8], b: NDArray[np.uint8], tolerance: int) -> bool:
    """Whether the middles of the quarters have the same colours."""
    assert a.shape == b.shape
    rows, columns = a.shape[0] // 4, a.shape[1] // 4
    spots = [(r, c) for r in (rows, 3 * rows) for c in (columns, 3 * columns)]
    return all(np.abs(a[r, c].astype(int) - b[r, c].astype(int)).max() <= tolerance for r, c in spots)


@pytest.mark.parametrize(
    "data",
    [
        jpeg(),
        jpeg(cv2.IMWRITE_JPEG_PROGRESSIVE, 1),
        jpeg(cv2.IMWRITE_JPEG_RST_INTERVAL, 2),
        png(),
        png(scene().astype(np.uint16) * 257),
        png(cv2.cvtColor(scene(), cv2.COLOR_BGR2BGRA)),
        webp(),
        webp(90),
        with_chunk(b"tEXt", b"Comment\0" + b"x" * 100),
        jpeg() + b"PK\x03\x04 an archive behind the picture",
        png() + b"<script>alert(1)</script>",
        webp() + b"#!/bin/sh",
    ],
    ids=["jpeg", "progressive", "restarts", "png", "16 bit", "opaque alpha", "webp", "lossy webp", "text chunk",
         "jpeg and zip", "png and html", "webp and shell"],
)  # fmt: skip
def test_pictures_are_read_as_a_browser_shows_them(data: bytes) -> None:
    image = decode(data)
    assert image.dtype == np.uint8 and image.flags.c_contiguous
    assert near(image, scene(), 12)


def test_nothing_that_follows_the_end_or_is_no_picture_reaches_the_decoder() -> None:
    bomb = zlib.compress(b"\0" * 10_000_000, 9)
    assert read_head(jpeg() + b"tail").data == jpeg()
    assert read_head(png() + b"tail").data == png()
    assert read_head(webp() + b"tail").data == webp()
    assert read_head(with_chunk(b"iCCP", b"p\0\0" + bomb)).data == png()
    assert read_head(with_chunk(b"zTXt", b"t\0\0" + bomb)).data == png()


def test_grey_pictures_become_three_channels() -> None:
    grey = np.full((HEIGHT, WIDTH), 77, np.uint8)
    for data in (png(grey), png(grey.astype(np.uint16) * 257), encoded(".jpg", grey)):
        image = decode(data)
        assert image.shape == (HEIGHT, WIDTH, 3)
        assert np.abs(image.astype(int) - 77).max() <= 2


@pytest.mark.parametrize("depth", [np.uint8, np.uint16])
def test_what_is_transparent_is_white_and_hides_no_second_face(depth: type[np.uint8 | np.uint16]) -> None:
    unit = 1 if depth is np.uint8 else 257
    image = np.dstack([scene(), np.zeros((HEIGHT, WIDTH), np.uint8)]).astype(depth) * depth(unit)
    assert (decode(png(image)) == 255).all()
    image[..., 3] = 128 * unit
    half = (scene().astype(int) * 128 + 255 * 127) // 255
    assert np.abs(decode(png(image)).astype(int) - half).max() <= 2


def test_a_cmyk_jpeg_has_its_colours_and_not_their_negative() -> None:
    image_module = pytest.importorskip("PIL.Image", reason="Pillow writes the CMYK picture")
    import io

    rgb = image_module.fromarray(np.ascontiguousarray(scene()[..., ::-1]))
    out = io.BytesIO()
    rgb.convert("CMYK").save(out, "JPEG", quality=95)
    assert near(decode(out.getvalue()), scene(), 20)


UPRIGHT = scene()
STORED = {
    1: UPRIGHT,
    2: UPRIGHT[:, ::-1],
    3: UPRIGHT[::-1, ::-1],
    4: UPRIGHT[::-1],
    5: UPRIGHT.transpose(1, 0, 2),
    6: np.rot90(UPRIGHT, 1),  # to be turned clockwise
    7: UPRIGHT[::-1, ::-1].transpose(1, 0, 2),
    8: np.rot90(UPRIGHT, -1),
}
"""How a camera held in each of the eight ways stores the same scene (EXIF 2.3, 4.6.4)."""


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize("kind", ["jpeg", "png", "webp"])
def test_a_turned_picture_is_turned_back(orientation: int, kind: str) -> None:
    stored = np.ascontiguousarray(STORED[orientation])
    if kind == "jpeg":
        body = b"Exif\0\0" + tiff(orientation, ">")
        plain = encoded(".jpg", stored, cv2.IMWRITE_JPEG_QUALITY, 95)
        data = b"\xff\xd8\xff\xe1" + struct.pack(">H", len(body) + 2) + body + plain[2:]
    elif kind == "png":
        plain = png(stored)
        data = plain[:33] + chunk(b"eXIf", tiff(orientation)) + plain[33:]
    else:
        plain = encoded(".webp", stored, cv2.IMWRITE_WEBP_QUALITY, 101)
        exif = tiff(orientation)
        size = struct.pack("<I", stored.shape[1] - 1)[:3] + struct.pack("<I", stored.shape[0] - 1)[:3]
        pieces = b"WEBPVP8X" + struct.pack("<I", 10) + b"\x08\0\0\0" + size + plain[12:]
        pieces += b"EXIF" + struct.pack("<I", len(exif)) + exif + b"\0" * (len(exif) & 1)
        data = b"RIFF" + struct.pack("<I", len(pieces)) + pieces
    assert near(decode(data), UPRIGHT, 12)


@pytest.mark.parametrize(
    ("data", "key"),
    [
        (b"", "empty"),
        (b"hello", "not_a_picture"),
        (b"%PDF-1.7 ...............", "not_a_picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not_a_picture"),
        (b"II*\0" + b"\0" * 64, "not_a_picture"),
        (encoded(".bmp", scene()), "not_a_picture"),
        (b"GIF89a" + b"\0" * 32, "animated"),
        (b"\0\0\0\x18ftypheic" + b"\0" * 16, "heic"),
        (b"\0\0\0\x18ftypavif" + b"\0" * 16, "heic"),
        (with_chunk(b"acTL", struct.pack(">II", 2, 0)), "animated"),
        (jpeg()[:-2], "broken"),
        (jpeg()[: len(jpeg()) // 2], "broken"),
        (jpeg()[:4], "broken"),
        (b"\xff\xd8\xff\xd9", "broken"),
        (png()[:-12], "broken"),
        (png()[: len(png()) // 2], "broken"),
        (png()[:40] + b"\xff" + png()[41:], "broken"),
        (webp()[:-4], "broken"),
        (b"RIFF\x04\0\0\0WEBP", "broken"),
        (jpeg_with_scans(65), "broken"),
        (jpeg_with_two_frames(), "broken"),
        (webp_on_canvas(16_000, 16_000), "broken"),
        (webp_twice(), "broken"),
        (png_of_size(100, 100), "broken"),
        (png_of_size(60_000, 60_000), "too_many_pixels"),
        (png_of_size(2**31 - 1, 2**31 - 1), "too_many_pixels"),
        (png_of_size(6000, 6000, depth=16), "too_many_pixels"),
        (jpeg_of_size(65_000, 65_000), "too_many_pixels"),
        (png(np.zeros((63, 500, 3), np.uint8)), "too_few_pixels"),
        (png(np.zeros((1, 1, 3), np.uint8)), "too_few_pixels"),
        (jpeg() + b"\0" * pictures.BYTES_MAX, "too_many_bytes"),
    ],
)  # fmt: skip
def test_everything_else_is_refused_with_a_reason(data: bytes, key: str) -> None:
    with pytest.raises(PictureRefused) as refused:
        decode(data)
    assert refused.value.key == key
    assert refused.value.zh == PROBLEMS[key].zh and refused.value.en == PROBLEMS[key].en


def test_an_animated_webp_is_refused() -> None:
    frame = webp()[12:]
    anmf = struct.pack("<I", 0)[:3] * 2 + struct.pack("<I", WIDTH - 1)[:3] + struct.pack("<I", HEIGHT - 1)[:3]
    anmf += b"\x64\0\0\0" + frame
    pieces = b"WEBPVP8X" + struct.pack("<I", 10) + b"\x02\0\0\0" + struct.pack("<I", WIDTH - 1)[:3]
    pieces += struct.pack("<I", HEIGHT - 1)[:3] + b"ANIM" + struct.pack("<IIH", 6, 0, 0)
    pieces += b"ANMF" + struct.pack("<I", len(anmf)) + anmf
    with pytest.raises(PictureRefused) as refused:
        decode(b"RIFF" + struct.pack("<I", len(pieces)) + pieces)
    assert refused.value.key == "animated"


def test_a_large_photograph_is_reduced() -> None:
    tall = cv2.resize(scene(), (3000, 6000), interpolation=cv2.INTER_NEAREST)
    assert PIXELS_MAX >= 3000 * 6000
    for data in (encoded(".jpg", tall), png(tall)):
        image = decode(data)
        assert max(image.shape[:2]) <= pictures.SIDE_PX_MAX
        assert near(cv2.resize(image, (WIDTH, HEIGHT)), scene(), 12)


def test_the_suffix_says_nothing(tmp_path: Path) -> None:
    for name, data in (("a.txt", jpeg()), ("b.jpg", png()), ("c.png", webp())):
        (tmp_path / name).write_bytes(data)
        assert near(load(tmp_path / name), scene(), 12)


def test_only_regular_files_are_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    for path, key in (
        (tmp_path / "pipe.jpg", "not_a_file"),
        (tmp_path, "not_a_file"),
        (Path("/dev/zero"), "not_a_file"),
        (tmp_path / "absent.jpg", "unreadable"),
    ):
        with pytest.raises(PictureRefused) as refused:
            load(path)
        assert refused.value.key == key


@settings(max_examples=400, deadline=None)
@given(
    seed=st.sampled_from([jpeg(), jpeg(cv2.IMWRITE_JPEG_PROGRESSIVE, 1), png(), webp(), turned_jpeg(6)]),
    cuts=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=6),
    end=st.floats(0, 1),
)
def test_damaged_pictures_are_a_picture_or_a_refusal(seed: bytes, cuts: list[tuple[float, int]], end: float) -> None:
    data = bytearray(seed[: max(1, round(len(seed) * min(1.0, 0.5 + end)))])
    for place, value in cuts:
        data[min(int(place * len(data)), len(data) - 1)] = value
    try:
        head = read_head(bytes(data))
    except Refused as refused:
        assert refused.key in PROBLEMS
    else:
        assert len(head.data) <= len(data) and head.width * head.height <= PIXELS_MAX
        assert 1 <= head.orientation <= 8


@given(st.binary(max_size=200))
def test_any_exif_block_has_an_orientation(block: bytes) -> None:
    assert 1 <= exif_orientation(b"II*\0" + block) <= 8
    assert exif_orientation(block[:3]) == 1
