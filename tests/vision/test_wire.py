"""The bytes between eyes and hub: what was said arrives, and nothing else does."""

from __future__ import annotations

import json
import struct
import typing
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.model import Camera, Eyes, Plates
from tests.vision.watching.said import SIGHTINGS
from vision.errors import WireError
from vision.observations import (
    CameraBack,
    CameraFault,
    CameraImpaired,
    CameraLost,
    CameraMended,
    CameraStats,
    CodeShown,
    DutyOff,
    EyesBeat,
    FaceProbed,
    FaceSeen,
    Observation,
    PlateCandidate,
    PlateSeen,
    VehicleShown,
    ViewFault,
    VisitEnded,
)
from vision.wire import (
    Decoder,
    StartDecoder,
    StartMessage,
    encode,
    encode_start,
    without_picture,
)
from vision.wire_frames import HEADER_BYTES_MAX, MESSAGE_BYTES_MAX

SEEN = PlateSeen(
    camera="east",
    visit="v1",
    outcome="sure",
    text="京A12345",
    confidence=0.97,
    color="blue",
    rows=1,
    box=(1, 2, 30, 40),
    candidates=(PlateCandidate("京A12345", 0.97, 2),),
    frames=3,
    captured_mono_s=12.5,
    captured_at_s=1.7e9,
    read_mono_s=12.75,
    picture=b"\xff\xd8 picture",
)
FACE = FaceSeen(
    camera="lobby",
    look="l1",
    outcome="unsure",
    person="",
    reason="several",
    score=0.5,
    second=0.25,
    threshold=0.375,
    live=-1.0,
    quality=0.75,
    frames=3,
    box=(1, 2, 30, 40),
    captured_mono_s=12.5,
    captured_at_s=1.7e9,
    read_mono_s=12.75,
    picture=b"\xff\xd8 picture",
)
PROBED = FaceProbed(
    camera="",
    request_id="r1",
    problem="",
    quality=0.75,
    live=-1.0,
    model="some@0123",
    box=(1, 2, 30, 40),
    template="AAAA",
    matches=("p1",),
    picture=b"\xff\xd8 face",
)
BEAT = EyesBeat(
    at_mono_s=1.0,
    rss_mb=200.5,
    ready=True,
    lost_messages=0,
    cameras=(
        CameraStats(
            camera="east",
            up=True,
            frames_captured=1,
            frames_read=2,
            frames_dropped=3,
            read_ms_mean=4.0,
            age_s=0.1,
        ),
    ),
)


def observations() -> st.SearchStrategy[Observation]:
    """Any observation with values that the contract allows."""
    whole = st.integers(-(2**53), 2**53)
    number = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e15, max_value=1e15)
    words = st.text(st.characters(codec="utf-8"), max_size=40)
    st.register_type_strategy(int, whole)
    st.register_type_strategy(float, number)
    st.register_type_strategy(str, words)
    return st.one_of(*(st.builds(kind) for kind in typing.get_args(Observation)))


@settings(deadline=None, max_examples=150)
@given(said=st.lists(observations(), max_size=4), data=st.data())
def test_what_is_said_arrives_however_the_stream_is_cut(said: list[Observation], data: st.DataObject) -> None:
    stream = b"".join(map(encode, said))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    decoder = Decoder()
    heard = []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        heard += decoder.feed(stream[start:end])
    assert heard == said


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_damaged_bytes_are_a_wire_error_and_nothing_worse(data: st.DataObject) -> None:
    stream = bytearray(encode(SEEN) + encode(BEAT))
    for _ in range(data.draw(st.integers(1, 4))):
        stream[data.draw(st.integers(0, len(stream) - 1))] = data.draw(st.integers(0, 255))
    decoder = Decoder()
    try:
        heard = decoder.feed(bytes(stream))
    except WireError:
        with pytest.raises(WireError):
            decoder.feed(encode(BEAT))  # a broken stream stays broken
    else:
        assert all(isinstance(item, typing.get_args(Observation)) for item in heard)


@settings(deadline=None)
@given(st.binary(min_size=4, max_size=200))
def test_noise_is_a_wire_error(noise: bytes) -> None:
    if noise[:4] != b"MWE1":
        with pytest.raises(WireError):
            Decoder().feed(noise)


def message(header: object, blob: bytes = b"") -> bytes:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return b"MWE1" + struct.pack(">II", len(text), len(blob)) + text + blob


def fields(**changed: object) -> dict[str, object]:
    return {"type": "CameraBack", "fields": {"camera": "east", "down_s": 1.0} | changed}


@pytest.mark.parametrize(
    ("damaged", "complaint"),
    [
        (message([1, 2]), "without type"),
        (message({"type": "CameraBack"}), "without type"),
        (message({"type": "Nothing", "fields": {}}), "unknown message"),
        (message({"type": ["CameraBack"], "fields": {}}), "unknown message"),
        (message({"type": "CameraBack", "fields": []}), "no object"),
        (message(fields(down_s="1.0")), "down_s is no float"),
        (message(fields(down_s=True)), "down_s is no float"),
        (message(fields(down_s=1e300)), "down_s is no float"),
        (message(b'{"type":"CameraBack","fields":{"camera":"east","down_s":NaN}}'), "no JSON"),
        (message(b'{"type":"CameraBack","fields":{"camera":"east","down_s":1e999}}'), "down_s is no float"),
        (message(b'{"type":"CameraBack","fields":{"camera":"\\ud800","down_s":1}}'), "camera is no str"),
        (message(fields(camera=None)), "camera is no str"),
        (message(fields(more=1)), "unknown fields: more"),
        (message({"type": "CameraBack", "fields": {"camera": "east"}}), "unknown fields: down_s"),
        (message(fields(), b"blob"), "too many"),
        (message(b"[" * 60_000), "no JSON"),
        (message(b"1" * 60_000), "no JSON"),
        (message(b"\xff\xfe"), "no JSON"),
        (b"MWE1" + struct.pack(">II", HEADER_BYTES_MAX + 1, 0), "limits"),
        (b"MWE1" + struct.pack(">II", 10, MESSAGE_BYTES_MAX), "limits"),
        (b"MWX", "begins with"),
    ],
)
def test_each_departure_is_named(damaged: bytes, complaint: str) -> None:
    with pytest.raises(WireError, match=complaint):
        Decoder().feed(damaged)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("outcome", "certain"),
        ("box", [1, 2, 3]),
        ("box", [1, 2, 3, 4.5]),
        ("candidates", [{"text": "x"}]),
        ("candidates", {"0": 1}),
        ("rows", 1.0),
        ("frames", 2**60),
        ("picture", "text"),
    ],
)
def test_a_plate_with_a_wrong_field_is_refused(name: str, value: object) -> None:
    sound = encode(SEEN)
    length = struct.unpack(">I", sound[4:8])[0]
    header = json.loads(sound[12 : 12 + length])
    header["fields"][name] = value
    with pytest.raises(WireError, match=name):
        Decoder().feed(message(header, SEEN.picture))


def test_what_is_over_the_limits_is_never_sent() -> None:
    with pytest.raises(WireError):
        encode(replace(SEEN, picture=bytes(MESSAGE_BYTES_MAX)))
    with pytest.raises(WireError):
        encode(replace(SEEN, text="x" * HEADER_BYTES_MAX))
    with pytest.raises(WireError):
        encode(replace(SEEN, confidence=float("nan")))
    with pytest.raises(WireError):
        encode(replace(SEEN, text="\ud800"))


def test_a_picture_can_be_left_behind() -> None:
    assert without_picture(SEEN) == replace(SEEN, picture=b"")
    assert Decoder().feed(encode(without_picture(SEEN))) == [replace(SEEN, picture=b"")]


@pytest.mark.parametrize("cut", [1, 7, 1000])
def test_the_start_message_carries_the_settings(cut: int) -> None:
    start = StartMessage(
        cameras={"east": Camera(source="rtsp://u:p@h/1", region=(0.1, 0.2, 0.9, 1.0))},
        plates=Plates(sure_votes=3),
        eyes=Eyes(workers=2),
        reader="some.module:make",
    )
    stream = encode_start(start)
    decoder = StartDecoder()
    heard = [decoder.feed(stream[at : at + cut]) for at in range(0, len(stream), cut)]
    assert heard[:-1] == [None] * (len(heard) - 1)
    assert heard[-1] == start


def test_a_wrong_start_message_is_refused_without_telling_the_password() -> None:
    start = {"cameras": {"east": {"source": "rtsp://u:geheim@h", "fps_max": "geheim"}}, "plates": {}, "eyes": {}}
    with pytest.raises(WireError, match=r"cameras\.east\.fps_max") as caught:
        StartDecoder().feed(message({"type": "Start", "fields": start}))
    assert "geheim" not in str(caught.value)
    with pytest.raises(WireError):
        StartDecoder().feed(message(fields()))


def test_every_kind_of_observation_can_travel() -> None:
    said: list[Observation] = [
        SEEN,
        BEAT,
        VehicleShown(camera="east", visit="v1", captured_mono_s=12.5),
        VisitEnded(camera="east", visit="v1", text="", started_mono_s=1.0, ended_mono_s=2.0),
        CameraLost(camera="east", fault=CameraFault.BLACK, detail="全黑 / black", since_at_s=1.0),
        CameraBack(camera="east", down_s=1.0),
        CameraImpaired(camera="east", fault=ViewFault.MOVED, detail="移动 / moved", since_at_s=1.0),
        CameraMended(camera="east", fault=ViewFault.MOVED, for_s=2.0),
        DutyOff(camera="east", duty="plates", reason="no weights"),
        CodeShown(camera="east", text="MW1:TOKEN", captured_mono_s=12.5, captured_at_s=1.7e9),
        FACE,
        PROBED,
        *SIGHTINGS,
    ]
    assert {type(item) for item in said} == set(typing.get_args(Observation))
    assert Decoder().feed(b"".join(map(encode, said))) == said
