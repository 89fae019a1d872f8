"""Core: whether a coded H.264 picture builds on one that never came, by the numbers that pictures bear.

Decoders say when a picture cannot be decoded whole; a picture that is missing altogether they paper over in silence,
and show smear until the next key picture. Source: ITU-T H.264, 7.3.2.1.1 (sequence parameters), 7.3.3 (slice header)
and 7.4.3 (`frame_num`). Whatever cannot be parsed says nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

_SLICE, _KEY_SLICE, _SEQUENCE = 1, 5, 7
"""Kinds of coded units (`nal_unit_type`)."""
_WITH_CHROMA = frozenset({44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244})
"""Profiles whose sequence parameters say more of colours."""
_HEADER_BYTES = 32
"""Of a slice: more than the fields that are read can take."""
_SEQUENCE_BYTES_MAX = 1024


class Short(Exception):
    """The bytes end before the field does, or it is longer than any may be."""


class Bits:
    """Reads the fields of a coded unit; bytes that prevent start codes are taken out."""

    def __init__(self, unit: bytes) -> None:
        self._data = unit.replace(b"\0\0\3", b"\0\0")
        self._at = 0

    def take(self, count: int) -> int:
        """An unsigned number of so many bits."""
        value = 0
        for _ in range(count):
            byte, bit = divmod(self._at, 8)
            if byte >= len(self._data):
                raise Short
            value = value << 1 | self._data[byte] >> (7 - bit) & 1
            self._at += 1
        return value

    def golomb(self) -> int:
        """An unsigned number of as many bits as it needs (`ue(v)`)."""
        zeros = 0
        while not self.take(1):
            zeros += 1
            if zeros > 31:
                raise Short
        return (1 << zeros) - 1 + self.take(zeros)

    def signed(self) -> int:
        """A signed one (`se(v)`)."""
        number = self.golomb()
        return (number + 1) // 2 if number % 2 else -(number // 2)


@dataclass(frozen=True, slots=True)
class Sequence:
    """What must be known of a stream to read the number of a picture."""

    number_bits: int
    gaps_allowed: bool
    """The camera leaves numbers out on purpose: then a gap says nothing."""
    planes_apart: bool


def sequence_of(unit: bytes) -> Sequence | None:
    """From a unit of sequence parameters, its first byte included; None where it cannot be read."""
    bits = Bits(unit[1:_SEQUENCE_BYTES_MAX])
    try:
        profile = bits.take(8)
        bits.take(16)
        bits.golomb()
        planes_apart = profile in _WITH_CHROMA and _skip_colours(bits)
        number_bits = bits.golomb() + 4
        _skip_order(bits)
        bits.golomb()
        return Sequence(number_bits, bool(bits.take(1)), planes_apart) if number_bits <= 16 else None
    except Short:
        return None


def _skip_colours(bits: Bits) -> bool:
    """Chroma format, depths and scaling lists; whether the colour planes are coded apart."""
    chroma = bits.golomb()
    planes_apart = chroma == 3 and bool(bits.take(1))
    bits.golomb()
    bits.golomb()
    bits.take(1)
    if bits.take(1):
        for number in range(12 if chroma == 3 else 8):
            if bits.take(1):
                _skip_scaling(bits, 16 if number < 6 else 64)
    return planes_apart


def _skip_scaling(bits: Bits, size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + bits.signed() + 256) % 256
        last = following or last


def _skip_order(bits: Bits) -> None:
    """How the order of showing is coded."""
    kind = bits.golomb()
    if kind == 0:
        bits.golomb()
    elif kind == 1:
        bits.take(1)
        bits.signed()
        bits.signed()
        for _ in range(min(bits.golomb(), 255)):
            bits.signed()


def units_of(data: bytes, length_bytes: int) -> Iterator[bytes]:
    """The coded units of a packet, each with so many bytes of length before it, or (0) after start codes."""
    if not length_bytes:
        at = data.find(b"\0\0\1")
        while at >= 0:
            following = data.find(b"\0\0\1", at + 3)
            yield data[at + 3 : following if following >= 0 else len(data)]
            at = following
        return
    at = 0
    while at + length_bytes < len(data):
        size = int.from_bytes(data[at : at + length_bytes], "big")
        at += length_bytes
        yield data[at : at + size]
        at += size


class PictureOrder:
    """Follows the numbers of the pictures of one stream."""

    def __init__(self, extradata: bytes = b"") -> None:
        """`extradata`: the parameters that come apart from the pictures, as in an MP4 file."""
        self._length_bytes = 0
        self._sequence: Sequence | None = None
        self._number: int | None = None
        if len(extradata) > 8 and extradata[0] == 1:  # avcC: ISO/IEC 14496-15, 5.3.3.1
            self._length_bytes = (extradata[4] & 3) + 1
            size = int.from_bytes(extradata[6:8], "big")
            self._sequence = sequence_of(extradata[8 : 8 + size])
        else:
            for unit in units_of(extradata, 0):
                self._note(unit)

    def begin(self) -> None:
        """What follows does not go on from what was."""
        self._number = None

    def is_missing(self, packet: bytes) -> bool:
        """Take one picture's packet; whether a picture before it, on which it builds, did not come."""
        for unit in units_of(packet, self._length_bytes):
            kind = unit[0] & 31 if unit else 0
            if kind == _KEY_SLICE:
                self._number = 0
                return False
            if kind == _SLICE:
                return self._follows_a_gap(unit)
            self._note(unit)
        return False

    def _note(self, unit: bytes) -> None:
        if unit and unit[0] & 31 == _SEQUENCE:
            self._sequence = sequence_of(unit) or self._sequence

    def _follows_a_gap(self, unit: bytes) -> bool:
        sequence, before = self._sequence, self._number
        if sequence is None:
            return False
        bits = Bits(unit[1:_HEADER_BYTES])
        try:
            for _ in range(3):
                bits.golomb()
            bits.take(2 if sequence.planes_apart else 0)
            number = bits.take(sequence.number_bits)
        except Short:
            return False
        if unit[0] & 0x60:  # others build on it
            self._number = number
        if before is None or sequence.gaps_allowed:
            return False
        return number not in (before, (before + 1) % (1 << sequence.number_bits))
