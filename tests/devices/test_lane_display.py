"""Frames of displays: published vectors, text that fits, and both ends against each other and against noise."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.displays import PARAMETERS, Family, parameter_problem
from devices.lane_display import (
    BUFFER_MAX,
    LINES_MAX,
    TEXT_MAX_BYTES,
    Dialect,
    Reader,
    decode,
    encode_text,
    show_frames,
    text_frame,
    voice_frame,
)
from devices.sim.display import SimDisplay

DA, A5 = Dialect("da"), Dialect("a5", address=1, parameters={"voice_cmd": 0x3B})
FRAMES = 20_000

# Whole frames that users of OLM cards published; none of ours made them.
PUBLISHED = {
    "0064FFFF300901BBB6D3ADB9E2C1D93258": "欢迎光临",
    "0064FFFF300901BBB6D3ADBBD8BCD2737A": "欢迎回家",
    "0064FFFF300901D2BBC2B7CBB3B7E79F40": "一路顺风",
    "0064FFFF300C01D4C142313233343536BEAF035F": "粤B123456警",
    "0064FFFF300B01C7EBBDBBB7D13130D4AA431E": "请交费10元",
}
TEXT_FRAME = "0064FFFF6225001501000215010300FF000000000000001200BBB6D3ADB9E2C1D9C7EBC8EBB3A1CDA3B3B5F4F5"


@pytest.mark.parametrize(("published", "text"), PUBLISHED.items())
def test_spoken_frames_are_those_that_others_send(published: str, text: str) -> None:
    assert show_frames(DA, (), text).frames == (bytes.fromhex(published),)


def test_a_text_frame_is_that_which_others_send() -> None:
    assert show_frames(DA, ("欢迎光临请入场停车",)).frames == (bytes.fromhex(TEXT_FRAME),)


def test_the_a5_frame_follows_its_page() -> None:
    frame = show_frames(Dialect("a5", address=0x0102), ("A",)).frames[0]
    assert frame[:-1].hex(" ") == "a5 01 02 3d 3d 00 02 3a 41"
    assert frame[-1] == 0xA5 ^ 1 ^ 2 ^ 0x3D ^ 0x3D ^ 2 ^ 0x3A ^ 0x41


@pytest.mark.parametrize(
    ("text", "limit", "data", "replaced", "cut"),
    [
        ("京A12345", 20, "京A12345".encode("gbk"), 0, 0),
        ("车🚗到", 20, "车?到".encode("gbk"), 1, 0),
        ("a\nb\x00", 20, b"a?b?", 2, 0),
        ("why?", 20, b"why?", 0, 0),
        ("一\u3000二", 20, "一\u3000二".encode("gbk"), 0, 0),
        ("一二三", 5, "一二".encode("gbk"), 0, 1),
        ("", 5, b"", 0, 0),
    ],
)
def test_text_is_gbk_and_what_is_lost_is_counted(text: str, limit: int, data: bytes, replaced: int, cut: int) -> None:
    encoded = encode_text(text, limit)
    assert (encoded.data, encoded.replaced, encoded.cut) == (data, replaced, cut)


@settings(deadline=None)
@given(st.text(max_size=300), st.integers(0, 200))
def test_text_never_ends_in_half_a_character(text: str, limit: int) -> None:
    encoded = encode_text(text, limit)
    assert len(encoded.data) <= limit
    assert len(encoded.data.decode("gbk")) + encoded.cut == len(text)


def dialects() -> st.SearchStrategy[Dialect]:
    def of(family: Family) -> st.SearchStrategy[Dialect]:
        values = {name: st.integers(0, most) for name, (_, most) in PARAMETERS[family].items()}
        return st.builds(Dialect, st.just(family), st.integers(0, 255), st.fixed_dictionaries({}, optional=values))

    return st.one_of(of("da"), of("a5"))


GBK = st.text(st.characters(codec="gbk", exclude_categories=("C", "Z")), max_size=60)


@settings(deadline=None)
@given(dialects(), GBK, st.lists(st.integers(1, 9), max_size=40))
def test_a_display_reads_what_was_written_in_any_portions(dialect: Dialect, text: str, cuts: list[int]) -> None:
    frame = text_frame(dialect, 2, text.encode("gbk"))
    reader, heard = Reader(dialect), []
    for size in [*cuts, len(frame)]:
        heard += reader.receive(frame[:size])
        frame = frame[size:]
    said = decode(dialect, heard[0])
    assert len(heard) == 1
    if said is None or said.spoken:  # the two commands were set to the same number
        assert dialect["voice_cmd"] in (0x62, dialect.parameters.get("show_cmd"))
    else:
        assert said.text == text


@settings(deadline=None)
@given(dialects(), GBK.filter(bool))
def test_what_is_spoken_is_heard(dialect: Dialect, text: str) -> None:
    (heard,) = Reader(dialect).receive(voice_frame(dialect, text.encode("gbk")))
    said = decode(dialect, heard)
    if dialect["voice_cmd"] == 0:
        assert show_frames(dialect, (), text).frames == (() if dialect["voice_cmd"] == 0 else (heard,))
    else:
        assert said is not None
        assert said.text == text


@pytest.mark.parametrize("dialect", [DA, A5], ids=["da", "a5"])
@settings(deadline=None)
@given(lines=st.lists(st.text(max_size=300), max_size=7), voice=st.text(max_size=400))
def test_any_text_makes_frames_within_the_limits(dialect: Dialect, lines: list[str], voice: str) -> None:
    message = show_frames(dialect, tuple(lines), voice)
    assert len(message.frames) <= LINES_MAX + 1
    for frame in message.frames:
        assert len(frame) <= TEXT_MAX_BYTES[dialect.family] + 27
        assert decode(dialect, Reader(dialect).receive(frame)[0]) is not None


@pytest.mark.parametrize(
    ("family", "parameters", "said"),
    [
        ("da", {"vr": 0x64, "gap_ms": 100}, None),
        ("a5", {"voice_cmd": 0x3B, "xor_skips": 1}, None),
        ("da", {"show_cmd": 1}, "da has no show_cmd: vr"),
        ("a5", {"xor_skips": 8}, "xor_skips must be 0 to 7"),
        ("da", {"vr": -1}, "vr must be 0 to 255"),
    ],
)
def test_parameters_are_checked(family: Family, parameters: dict[str, int], said: str | None) -> None:
    wrong = parameter_problem(family, parameters)
    assert (wrong is None) == (said is None)
    assert said is None or (wrong is not None and said in wrong[1])


def mutations(dialect: Dialect, seed: int, count: int) -> list[bytes]:
    """Frames cut, bent, glued and mixed with noise; always the same for a seed."""
    chance = random.Random(seed)
    good = [text_frame(dialect, n, chance.randbytes(n * 9)) for n in range(8)] + [voice_frame(dialect, b"abc")]
    out = []
    for _ in range(count):
        data = bytearray(chance.choice(good))
        for _ in range(chance.randrange(3)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        cut = chance.randrange(1, len(data) + 1)
        out.append(bytes(data[:cut]) + chance.randbytes(chance.randrange(4)))
    return out


@pytest.mark.parametrize("dialect", [DA, A5], ids=["da", "a5"])
def test_noise_breaks_no_display_and_never_grows_its_buffer(dialect: Dialect) -> None:
    reader, display = Reader(dialect), SimDisplay(dialect)
    for number, data in enumerate(mutations(dialect, 1, FRAMES)):
        for frame in reader.receive(data):
            decode(dialect, frame)
        display.receive(data, number / 10)
        assert len(reader._buffer) <= BUFFER_MAX
    reader.quiet()
    assert reader.receive(voice_frame(dialect, b"after")), "it still hears after all that"
