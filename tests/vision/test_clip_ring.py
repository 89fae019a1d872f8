"""A clip shows exactly what the stream held around an event, and the ring never outgrows its bounds."""

from __future__ import annotations

import io
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.vision.clips import write_film
from vision.clip_ring import AFTER_S, BEFORE_S, ClipRing, can_copy
from vision.errors import SourceError
from vision.packet_ring import Coded, PacketRing, PictureRing

FPS, GROUP = 10, 10


def pictures_of(film: Path | io.BytesIO) -> list[bytes]:
    with av.open(film if isinstance(film, io.BytesIO) else str(film), "r") as container:
        return [frame.to_ndarray(format="gray").tobytes() for frame in container.decode(video=0)]


def kept(film: Path, seconds_max: float = 30.0) -> tuple[ClipRing, av.container.InputContainer]:
    """The whole film through a ring, a picture each tenth of a second; the container must outlive the ring."""
    container = av.open(str(film))
    ring = ClipRing(container.streams.video[0], seconds_max=seconds_max)
    for number, packet in enumerate(container.demux(video=0)):
        ring.put(packet, number / FPS)
    return ring, container


def test_a_clip_is_bit_by_bit_what_the_stream_showed(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film.mp4", frames=250, fps=FPS)
    ring, container = kept(film)
    with container:
        assert ring.ready(15.0)
        clip = ring.clip(15.0)
    whole, cut = pictures_of(film), pictures_of(io.BytesIO(clip))
    assert cut == whole[50:201]  # a key picture each second, so it begins on the spot
    with av.open(io.BytesIO(clip), "r") as played:
        assert played.streams.video[0].codec_context.name == "h264"
        assert played.duration is not None
        assert played.duration / 1e6 == pytest.approx(BEFORE_S + AFTER_S, abs=0.3)


def test_an_event_at_the_start_has_a_shorter_clip_and_one_in_the_future_none(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film.mp4", frames=60, fps=FPS)
    ring, container = kept(film)
    with container:
        assert not ring.ready(2.0)
        assert pictures_of(io.BytesIO(ring.clip(2.0))) == pictures_of(film)
        assert ring.clip(1000.0) == b""


def test_a_clip_that_would_be_too_large_loses_its_beginning(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (16, 240, 320, 3), np.uint8)
    film = write_film(tmp_path / "film.mp4", frames=150, fps=FPS, picture=lambda number: noise[number % 16])
    ring, container = kept(film)
    with container:
        whole = ring.clip(10.0)
        small = ring.clip(10.0, bytes_max=len(whole) // 2)
    assert 0 < len(small) <= len(whole) // 2
    cut = pictures_of(io.BytesIO(small))
    assert cut == pictures_of(film)[-len(cut) :]


def test_a_stream_that_cannot_be_copied_is_refused(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film.avi", frames=10, codec="mjpeg")
    with av.open(str(film)) as container:
        stream = container.streams.video[0]
        assert not can_copy(stream)
        with pytest.raises(SourceError, match="mjpeg"):
            ClipRing(stream)


def test_a_stream_whose_clock_goes_back_begins_anew(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film.mp4", frames=20, fps=FPS)
    ring, container = kept(film)
    with container, av.open(str(film)) as again:
        for number, packet in enumerate(again.demux(video=0)):
            ring.put(packet, 100 + number / FPS)
        assert ring.ring.cut(0, 50) == ()
        assert len(ring.ring) == 20


def coded(number: int, size: int, *, key: bool) -> Coded:
    return Coded(data=b"x" * size, at_s=number / FPS, pts=number, dts=number, key=key)


@given(st.lists(st.tuples(st.integers(1, 400), st.booleans()), max_size=120), st.integers(50, 3000))
def test_the_ring_keeps_its_bounds_and_begins_with_a_key(packets: list[tuple[int, bool]], bytes_max: int) -> None:
    ring = PacketRing(seconds_max=3.0, bytes_max=bytes_max)
    for number, (size, key) in enumerate(packets):
        ring.put(coded(number, size, key=key))
        everything = ring.cut(-1e9, 1e9)
        assert sum(len(packet.data) for packet in everything) == ring.size_bytes <= bytes_max
        assert len(everything) == len(ring)
        assert not everything or everything[0].key
        assert [packet.dts for packet in everything] == list(range(number + 1 - len(everything), number + 1))[
            : len(ring)
        ]


def test_old_groups_go_as_a_whole_and_the_span_before_stays() -> None:
    ring = PacketRing(seconds_max=3.0)
    for number in range(100):
        ring.put(coded(number, 10, key=number % GROUP == 0))
    first = ring.cut(-1e9, 1e9)[0]
    assert first.key
    assert 9.9 - 3.0 - GROUP / FPS <= first.at_s <= 9.9 - 3.0
    assert ring.dropped == 0


def test_pictures_are_thinned_evenly_and_bounded() -> None:
    ring = PictureRing(seconds_max=10.0, bytes_max=1000)
    for number in range(200):
        ring.put(number / FPS, b"x" * 20)
    assert ring.size_bytes <= 1000
    chosen = ring.cut(16.0, 19.0, count_max=4)
    assert np.allclose([at_s for at_s, _ in chosen], [16, 17, 18, 19])
    assert len(ring.cut(0, 100, count_max=1)) == 1
    assert ring.cut(0, 1, count_max=5) == ()
