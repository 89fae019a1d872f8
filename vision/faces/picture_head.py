"""Core: what a picture's bytes say about themselves, read before any native decoder sees them.

JPEG (ITU-T T.81), PNG (ISO/IEC 15948) and WebP (RFC 9649) are walked from piece to piece up to their end. What
follows the end is cut off, so that nothing hides behind a picture, and PNG's text and colour profiles are left out.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

PIXELS_MAX = 40_000_000
SIDE_PX_MIN = 64
SCANS_MAX = 64
"""A progressive JPEG has about ten; each more costs the time of a whole picture."""
_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_KEPT = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"}
_HEIF_BRANDS = (b"heic", b"heix", b"hevc", b"mif1", b"msf1", b"avif", b"avis")


class Refused(Exception):
    """These bytes are no picture for us; `key` says why (`vision.faces.words`)."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


@dataclass(frozen=True, slots=True)
class Head:
    """A picture that may be decoded."""

    kind: str
    """jpeg, png or webp."""
    width: int
    height: int
    orientation: int
    """EXIF: 1 upright, 2 to 8 mirrored or turned."""
    data: bytes = field(repr=False)
    """Without what follows the end."""


def read_head(data: bytes) -> Head:
    """Kind, size and orientation. Raises `Refused`."""
    if not data:
        raise Refused("empty")
    try:
        head = _walk(data)
    except (struct.error, IndexError) as error:
        raise Refused("broken") from error
    if min(head.width, head.height) < SIDE_PX_MIN:
        raise Refused("too_few_pixels")
    if head.width * head.height > PIXELS_MAX:
        raise Refused("too_many_pixels")
    return head


def _walk(data: bytes) -> Head:
    if data.startswith(b"\xff\xd8\xff"):
        return _jpeg(data)
    if data.startswith(_PNG):
        return _png(data)
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return _webp(data)
    if data[4:8] == b"ftyp" and data[8:12] in _HEIF_BRANDS:
        raise Refused("heic")
    raise Refused("animated" if data.startswith((b"GIF87a", b"GIF89a")) else "not_a_picture")


def _jpeg(data: bytes) -> Head:
    size, orientation, place, scans = (0, 0), 1, 2, 0
    while True:
        place = data.index(b"\xff", place) if data[place] != 0xFF else place
        while data[place] == 0xFF:
            place += 1
        marker = data[place]
        place += 1
        if marker == 0xD9:  # end
            break
        if marker == 0x01 or 0xD0 <= marker <= 0xD8:
            continue
        (length,) = struct.unpack_from(">H", data, place)
        segment = data[place + 2 : place + length]
        if length < 2 or len(segment) != length - 2:
            raise Refused("broken")
        if 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:
            if 0 not in size:
                raise Refused("broken")
            size = struct.unpack_from(">HH", segment, 1)
        elif marker == 0xE1 and segment.startswith(b"Exif\0\0"):
            orientation = exif_orientation(segment[6:])
        place += length
        if marker == 0xDA:
            scans += 1
            if scans > SCANS_MAX:
                raise Refused("broken")
            place = _after_scan(data, place)
    if 0 in size:
        raise Refused("broken")
    return Head("jpeg", size[1], size[0], orientation, data[:place])


def _after_scan(data: bytes, place: int) -> int:
    """Where the next marker stands after coded data; stuffed zeros and restarts belong to the data."""
    while True:
        place = data.find(b"\xff", place)
        if place < 0 or place + 1 >= len(data):
            raise Refused("broken")
        if data[place + 1] != 0 and not 0xD0 <= data[place + 1] <= 0xD7 and data[place + 1] != 0xFF:
            return place
        place += 1


def _png(data: bytes) -> Head:
    kept, size, orientation, names = [_PNG], (0, 0), 1, []
    for name, body, whole in _png_chunks(data):
        names.append(name)
        if name == b"acTL":
            raise Refused("animated")
        if name == b"IHDR":
            size = struct.unpack_from(">II", body)
            deep = body[8] == 16
        elif name == b"eXIf":
            orientation = exif_orientation(body)
        if name in _PNG_KEPT:
            kept.append(whole)
    if names[:1] != [b"IHDR"] or names.count(b"IHDR") != 1 or b"IDAT" not in names or 0 in size:
        raise Refused("broken")
    if deep and 2 * size[0] * size[1] > PIXELS_MAX:
        raise Refused("too_many_pixels")
    return Head("png", size[0], size[1], orientation, b"".join(kept))


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Name, body and the whole of each chunk up to IEND; `Refused` where one is cut short or altered."""
    place, name = len(_PNG), b""
    while name != b"IEND":
        length, name = struct.unpack_from(">I4s", data, place)
        whole = data[place : place + 12 + length]
        if len(whole) != 12 + length or struct.unpack(">I", whole[-4:])[0] != zlib.crc32(whole[4:-4]):
            raise Refused("broken")
        yield name, whole[8:-4], whole
        place += len(whole)


def _webp(data: bytes) -> Head:
    (length,) = struct.unpack_from("<I", data, 4)
    if length + 8 > len(data):
        raise Refused("broken")
    data = data[: length + 8]
    size, canvas, orientation, place = (0, 0), (0, 0), 1, 12
    while place + 8 <= len(data):
        name, length = struct.unpack_from("<4sI", data, place)
        body = data[place + 8 : place + 8 + length]
        if len(body) != length:
            raise Refused("broken")
        if name in {b"ANIM", b"ANMF"} or (name == b"VP8X" and body[0] & 0x02):
            raise Refused("animated")
        if name == b"VP8X":
            canvas = (1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little"))
        elif name in {b"VP8 ", b"VP8L"}:
            if 0 not in size:
                raise Refused("broken")
            size = _webp_size(name, body)
        elif name == b"EXIF":
            orientation = exif_orientation(body.removeprefix(b"Exif\0\0"))
        place += 8 + length + (length & 1)
    if 0 in size or canvas not in {(0, 0), size}:
        raise Refused("broken")
    return Head("webp", size[0], size[1], orientation, data)


def _webp_size(name: bytes, body: bytes) -> tuple[int, int]:
    """Width and height of lossy (RFC 6386, 9.1) or lossless data (RFC 9649, 3.4)."""
    if name == b"VP8L" and body[0] == 0x2F:
        (bits,) = struct.unpack_from("<I", body, 1)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if name == b"VP8 " and body[3:6] == b"\x9d\x01\x2a":
        width, height = struct.unpack_from("<HH", body, 6)
        return width & 0x3FFF, height & 0x3FFF
    raise Refused("broken")


def exif_orientation(tiff: bytes) -> int:
    """Tag 0x0112 of the first directory; 1 where there is none, or anything is odd."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None:
        return 1
    try:
        (place,) = struct.unpack_from(order + "I", tiff, 4)
        (entries,) = struct.unpack_from(order + "H", tiff, place)
        for number in range(min(entries, 512)):
            tag, kind, _, value = struct.unpack_from(order + "HHIH", tiff, place + 2 + 12 * number)
            if tag == 0x0112 and kind == 3 and 1 <= value <= 8:
                return int(value)
    except struct.error:
        return 1
    return 1
