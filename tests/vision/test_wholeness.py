"""Which pictures of a damaged stream are known to be damaged: real H.264, with packets lost, cut and restarted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.vision.clips import write_film
from vision.decoding import Decoding
from vision.h264_order import PictureOrder, sequence_of, units_of
from vision.watching.film import Spent, frames_of
from vision.wholeness import HEALED_AFTER_S, Wholeness

FRAMES, GROUP = 40, 10
"""`write_film` begins a group of pictures with a key picture every ten."""

Damage = Callable[[int, bytes], bytes]
"""Number and bytes of a packet -> what arrives of it; nothing where it is lost."""


def damaged_film(path: Path, damage: Damage) -> Path:
    """A film of which not all has arrived as it was sent."""
    whole = write_film(path.with_name("whole.mp4"), frames=FRAMES)
    with av.open(str(whole)) as source, av.open(str(path), "w") as out:
        stream = source.streams.video[0]
        target = out.add_stream_from_template(stream)
        packets = [packet for packet in source.demux(stream) if packet.size]
        for number, packet in enumerate(packets):
            if not (data := damage(number, bytes(packet))):
                continue
            left = av.Packet(data)
            left.stream, left.time_base, left.pts, left.dts = target, packet.time_base, packet.pts, packet.dts
            left.is_keyframe = packet.is_keyframe
            out.mux(left)
    return path


def seen(film: Path) -> dict[int, bool]:
    """The pictures that come out, and whether they are damaged; some that cannot be made up do not come."""
    return {round(at_s * 10): damaged for at_s, _, damaged in frames_of(film, Spent())}


def lost(*numbers: int) -> Damage:
    return lambda number, data: b"" if number in numbers else data


def cut(*numbers: int) -> Damage:
    """The end of these is missing: the length before the unit says what is left of it."""

    def at(number: int, data: bytes) -> bytes:
        half = data[4 : len(data) // 2]
        return len(half).to_bytes(4, "big") + half if number in numbers else data

    return at


@pytest.mark.parametrize(
    ("damage", "damaged"),
    [
        (lost(), set()),
        (lost(14), set(range(15, 20))),  # what builds on it, until the next key picture
        (lost(14, 15, 16), set(range(17, 20))),
        (lost(19), set()),  # the key picture after it needs nothing
        (lost(10), set(range(11, 20))),  # the key picture itself
        (lost(*range(13, 27)), set(range(27, 30))),  # cut and begun again
        (lost(*range(13, 30)), set()),
        (cut(14), set(range(14, 20))),
        (lambda number, data: b"\0\0\0\1\x09" if number == 14 else data, set(range(15, 20))),  # nothing to decode
    ],
    ids=["whole", "one", "three", "last", "key", "gap", "group", "cut", "empty"],
)
def test_damage_lasts_until_the_next_whole_key_picture(tmp_path: Path, damage: Damage, damaged: set[int]) -> None:
    pictures = seen(damaged_film(tmp_path / "film.mp4", damage))
    assert {number for number, is_damaged in pictures.items() if is_damaged} == damaged & set(pictures)
    assert len(pictures) > FRAMES // 2


def test_the_same_holds_with_start_codes_as_cameras_send_them(tmp_path: Path) -> None:
    film = damaged_film(tmp_path / "film.mp4", lost(14))
    with av.open(str(film)) as source, av.open(str(tmp_path / "film.ts"), "w") as out:
        stream = source.streams.video[0]
        target = out.add_stream_from_template(stream)
        for packet in source.demux(stream):
            if packet.size:
                packet.stream = target
                out.mux(packet)
    with av.open(str(tmp_path / "film.ts")) as source:
        stream = source.streams.video[0]
        decoding, damaged = Decoding(stream), []
        for packet in source.demux(stream):
            for frame in decoding.pictures(packet):
                decoding.came(frame)
                damaged.append(decoding.damaged)
    assert damaged == [False] * 14 + [True] * 5 + [False] * 20


def test_a_stream_without_key_pictures_is_whole_again_after_a_while() -> None:
    whole = Wholeness()
    whole.packet_broken(7)
    seen = [whole.picture(number, float(number), key=False, corrupt=False) for number in range(60)]
    assert seen == [7 <= number < 7 + HEALED_AFTER_S for number in range(60)]


def test_a_key_picture_that_is_damaged_heals_nothing_and_pictures_may_come_late() -> None:
    whole = Wholeness()
    assert whole.picture(1, 0.1, key=True, corrupt=True)
    assert whole.picture(2, 0.2, key=False, corrupt=False)
    whole.packet_broken(4)  # its packet is here; the decoder holds two pictures back
    assert not whole.picture(3, 0.3, key=True, corrupt=False)
    assert whole.picture(4, 0.4, key=False, corrupt=False)
    whole.begin()
    assert not whole.damaged


@pytest.mark.parametrize(("bits", "gaps"), [("00", False), ("01", True)])
def test_the_parameters_of_a_sequence(bits: str, gaps: bool) -> None:
    """Baseline, level 3, id 0, picture numbers of 4 bits, order 2, one reference."""
    fields = "01000010" + "00000000" + "00011110" + "1" + "1" + "011" + "010" + bits[1] + "1"
    unit = bytes([0x67]) + int(fields.ljust(40, "0"), 2).to_bytes(5, "big")
    sequence = sequence_of(unit)
    assert sequence is not None
    assert (sequence.number_bits, sequence.gaps_allowed) == (4, gaps)


@given(st.binary(max_size=200), st.lists(st.binary(max_size=80), max_size=6), st.booleans())
def test_whatever_comes_is_no_crash(extradata: bytes, packets: list[bytes], avcc: bool) -> None:
    order = PictureOrder(b"\1" + extradata if avcc else b"\0\0\1\x67" + extradata)
    for packet in packets:
        assert order.is_missing(b"\0\0\1\x61" + packet) in (False, True)


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=5))
def test_units_with_lengths_come_out_as_they_were_put_in(units: list[bytes]) -> None:
    packed = b"".join(len(unit).to_bytes(4, "big") + unit for unit in units)
    assert list(units_of(packed, 4)) == units
