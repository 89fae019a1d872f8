"""The bytes from the hub to the eyes: commands arrive whole, and what contradicts itself is refused."""

from __future__ import annotations

import struct
import typing
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.model import Camera, Eyes, Plates
from tests.vision.watching.said import GROUND
from vision.commands import Command, GalleryEdit, GalleryPart, ProbeFace, WatchLive
from vision.errors import WireError
from vision.lane_ground import GROUND_BYTES_MAX
from vision.wire import Decoder, StartDecoder, StartMessage, encode_start
from vision.wire_commands import PARTS_MAX, CommandDecoder, encode_command
from vision.wire_frames import MESSAGE_BYTES_MAX

PART = GalleryPart(
    version=7,
    part=0,
    parts=1,
    model="some@0123",
    dim=2,
    people=("ann", "ann", "宝"),
    negative=(1,),
    vectors=struct.pack("<6f", 1, 0, 0, 1, 0.6, 0.8),
)
EDIT = GalleryEdit(
    version=8,
    model="some@0123",
    dim=2,
    removed=("ann",),
    people=("ann",),
    negative=(),
    vectors=struct.pack("<2f", 1, 0),
)
PROBE = ProbeFace(request_id="r1", camera="", picture=b"\xff\xd8 picture")
LIVE = ProbeFace(request_id="r2", camera="lobby")
WATCH = WatchLive(cameras=("east", "西门"))
EVERY: tuple[Command, ...] = (PART, EDIT, PROBE, LIVE, WATCH, GROUND)


@st.composite
def galleries(draw: st.DrawFn) -> GalleryPart:
    """Any part of a gallery that the contract allows."""
    people = tuple(draw(st.lists(st.text(st.characters(codec="utf-8"), max_size=20), max_size=6)))
    dim = draw(st.integers(1, 8))
    parts = draw(st.integers(1, PARTS_MAX))
    return GalleryPart(
        version=draw(st.integers(0, 2**53)),
        part=draw(st.integers(0, parts - 1)),
        parts=parts,
        model=draw(st.text(st.characters(codec="utf-8"), max_size=20)),
        dim=dim,
        people=people,
        negative=tuple(draw(st.sets(st.integers(0, len(people) - 1)))) if people else (),
        vectors=draw(st.binary(min_size=len(people) * dim * 4, max_size=len(people) * dim * 4)),
    )


@settings(deadline=None, max_examples=100)
@given(said=st.lists(galleries() | st.sampled_from(EVERY), max_size=4), data=st.data())
def test_what_is_said_arrives_however_the_stream_is_cut(said: list[Command], data: st.DataObject) -> None:
    stream = b"".join(map(encode_command, said))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    decoder = CommandDecoder()
    heard = []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        heard += decoder.feed(stream[start:end])
    assert heard == said


def test_every_kind_of_command_can_travel() -> None:
    assert {type(item) for item in EVERY} == set(typing.get_args(Command))
    assert CommandDecoder().feed(b"".join(map(encode_command, EVERY))) == list(EVERY)


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_damaged_bytes_are_a_wire_error_and_nothing_worse(data: st.DataObject) -> None:
    stream = bytearray(b"".join(map(encode_command, EVERY)))
    for _ in range(data.draw(st.integers(1, 4))):
        stream[data.draw(st.integers(0, len(stream) - 1))] = data.draw(st.integers(0, 255))
    decoder = CommandDecoder()
    try:
        heard = decoder.feed(bytes(stream))
    except WireError:
        with pytest.raises(WireError):
            decoder.feed(encode_command(PROBE))  # a broken stream stays broken
    else:
        assert all(isinstance(item, typing.get_args(Command)) for item in heard)


@pytest.mark.parametrize(
    ("odd", "complaint"),
    [
        (replace(PART, part=1), "part 1 of 1"),
        (replace(PART, part=-1), "part -1"),
        (replace(PART, parts=PARTS_MAX + 1), "part 0 of"),
        (replace(PART, dim=3), "3 rows of 3"),
        (replace(PART, dim=0, vectors=b""), "rows of 0"),
        (replace(PART, dim=-2), "rows of -2"),
        (replace(PART, people=()), "0 rows"),
        (replace(PART, vectors=PART.vectors[:-1]), "23 bytes"),
        (replace(PART, negative=(3,)), "rows that are not there"),
        (replace(PART, negative=(-1,)), "rows that are not there"),
        (replace(PART, version=-1), "negative version"),
        (replace(EDIT, vectors=b""), "0 bytes"),
        (replace(EDIT, negative=(1,)), "rows that are not there"),
        (replace(PROBE, request_id=""), "0 characters"),
        (replace(PROBE, request_id="x" * 65), "65 characters"),
        (replace(PROBE, camera="lobby"), "camera or at a picture"),
        (replace(PROBE, picture=b""), "camera or at a picture"),
        (replace(GROUND, data=bytes(GROUND_BYTES_MAX + 1)), "ground of 1048577 bytes"),
    ],
)
def test_a_command_that_contradicts_itself_is_neither_sent_nor_taken(odd: Command, complaint: str) -> None:
    with pytest.raises(WireError, match=complaint):
        encode_command(odd)


def test_nobody_is_named_in_a_complaint_or_a_repr() -> None:
    with pytest.raises(WireError) as caught:
        encode_command(replace(PART, negative=(9,)))
    assert "ann" not in str(caught.value)
    assert "vectors" not in repr(PART) + repr(EDIT)
    assert "picture" not in repr(PROBE)


def test_a_part_over_the_limit_is_never_sent() -> None:
    rows = MESSAGE_BYTES_MAX // 512
    with pytest.raises(WireError, match="at most"):
        encode_command(replace(PART, dim=128, people=("p",) * rows, negative=(), vectors=bytes(rows * 512)))


def test_the_two_directions_do_not_understand_each_other() -> None:
    with pytest.raises(WireError, match="unknown message"):
        Decoder().feed(encode_command(PART))
    with pytest.raises(WireError, match="unknown message"):
        CommandDecoder().feed(encode_start(StartMessage(cameras={}, plates=Plates(), eyes=Eyes())))


@pytest.mark.parametrize("cut", [1, 100, 100_000])
def test_commands_may_stand_right_behind_the_start_message(cut: int) -> None:
    start = StartMessage(cameras={"lobby": Camera(source="0")}, plates=Plates(), eyes=Eyes())
    stream = encode_start(start) + encode_command(PART) + encode_command(LIVE)
    first, commands = StartDecoder(), CommandDecoder()
    heard: list[Command] = []
    started = None
    for at in range(0, len(stream), cut):
        piece = stream[at : at + cut]
        if started is None:
            started = first.feed(piece)
            piece = first.rest if started is not None else b""
        if started is not None:
            heard += commands.feed(piece)
    assert started == start
    assert heard == [PART, LIVE]
