"""Torch state files: weights come out as they went in; whatever is more than weights is refused and never run."""

from __future__ import annotations

import collections
import os
import pickle
import pickletools
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.vision.state_files import (
    SYSTEM,
    FloatStorage,
    HalfStorage,
    LongStorage,
    Stored,
    View,
    legacy_file,
    pickled,
    zip_file,
)
from vision.models.errors import StateError
from vision.models.pickle_read import INSTRUCTIONS, Name, StorageRef, TensorRef, read_pickle
from vision.models.torch_state import Tensor, read_state

A = Stored("0", [1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
COUNTER = Stored("1", [7], LongStorage)
TENSORS = {"a.weight": View(A, (2, 3), (3, 1)), "a.bias": View(A, (2,), (1,), 4), "a.count": View(COUNTER, (), ())}
WRITERS: list[Callable[..., bytes]] = [legacy_file, zip_file]


@pytest.mark.parametrize("write", WRITERS)
def test_weights_come_out_as_they_went_in_and_counters_stay_out(write: Callable[..., bytes]) -> None:
    assert read_state(write(TENSORS, [A, COUNTER])) == {
        "a.weight": Tensor((2, 3), struct.pack("<6f", 1, 2, 3, 4, 5, 6)),
        "a.bias": Tensor((2,), struct.pack("<2f", 5, 6)),
    }


@pytest.mark.parametrize(
    ("shape", "stride", "offset"),
    [
        ((3, 2), (1, 3), 0),  # transposed
        ((1000, 1000, 1000), (0, 0, 0), 0),  # one number unfolded into four gigabytes
        ((7,), (1,), 0),  # past the end
        ((2,), (1,), 5),
        ((2,), (2,), 0),  # with gaps
    ],
)
@pytest.mark.parametrize("write", WRITERS)
def test_views_that_are_not_plain_are_refused(
    write: Callable[..., bytes], shape: tuple[int, ...], stride: tuple[int, ...], offset: int
) -> None:
    with pytest.raises(StateError, match="tensor w does not fit"):
        read_state(write({"w": View(A, shape, stride, offset)}, [A]))


@pytest.mark.parametrize("write", WRITERS)
def test_a_small_file_does_not_unfold_through_many_views_of_one_storage(write: Callable[..., bytes]) -> None:
    large = Stored("0", [0.0] * 10_000)
    with pytest.raises(StateError, match="overlap"):
        read_state(write({f"w{n}": View(large, (10_000,), (1,)) for n in range(1000)}, [large]))


class Runs:
    """Pickles to a call of a function."""

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self._call = (function, arguments)

    def __reduce__(self) -> tuple[Any, ...]:
        return self._call


@pytest.mark.parametrize(
    ("function", "arguments"),
    [
        (os.system, ("true",)),
        (eval, ("1 + 1",)),
        (exec, ("pass",)),
        (getattr, ("a", "upper")),
        (Path, ("/",)),
        (collections.Counter, ("aa",)),
        (bytearray, (10**12,)),
        (pickle.loads, (b"N.",)),
        (open, ("/dev/null",)),
    ],
)
@pytest.mark.parametrize("write", WRITERS)
def test_a_pickle_that_calls_something_is_refused_by_name(
    write: Callable[..., bytes], function: Callable[..., Any], arguments: tuple[Any, ...]
) -> None:
    module = "posix" if function is os.system else function.__module__.split(".")[0].lstrip("_")
    with pytest.raises(StateError, match=f"the file wants _*(__builtin__|{module})"):
        read_state(write({"w": Runs(function, *arguments)}, []))


def test_nothing_of_a_hostile_pickle_runs(tmp_path: Path) -> None:
    """The same bytes run in the standard unpickler, and do nothing here."""
    mark = tmp_path / "mark"
    hostile = pickle.dumps(Runs(os.mkdir, str(mark)), protocol=2)
    with pytest.raises(StateError):
        read_pickle(hostile)
    assert not mark.exists()
    pickle.loads(hostile)
    assert mark.exists()


@pytest.mark.parametrize(
    ("program", "why"),
    [
        (b"\x80\x02(S'a'\nios\nsystem\n.", "0x53"),
        (b"\x80\x04\x8c\x02os\x8c\x06system\x93.", "protocol 4"),
        (b"\x8c\x02os\x8c\x06system\x93.", "0x8c"),
        (b"ccollections\nOrderedDict\n)\x81.", "0x81"),
        (b"\x82\x01.", "0x82"),
        (b"Pabc\n.", "0x50"),
        (b"ccollections\nOrderedDict\nU\x02idR.", "0x55"),
        (b"ccollections\nOrderedDict\n(K\x01K\x02tR.", "described in an unknown way"),
        (b"ctorch\nFloatStorage\n)R.", "described in an unknown way"),
        (b"ctorch\nFloatStorage\n}b.", "broken"),
        (b"}K\x01K\x02s.", "key is not a text"),
        (b"t.", "broken"),
        (b"h\x05.", "broken"),
        (b"\x85.", "broken"),
        (b"(.", "no single result"),
        (b"K\x01K\x02.", "no single result"),
        (b"", "broken"),
        (b"K\x01", "broken"),
        (b"X" + struct.pack("<I", 5000) + b"a" * 5000 + b".", "too long"),
        (b"X\xff\xff\xff\x7fab.", "too long"),
        (b"X\x09\x00\x00\x00ab.", "broken"),
        (b"X\x01\x00\x00\x00\xff.", "broken"),
        (b"\x8a\xff\x01.", "broken"),
        (b"cos\nsystem", "broken"),
        (b"cos\\q\nsystem\n.", "the file wants"),
        (b"c" + b"a" * 9000 + b"\n\n.", "broken"),
        (b"N0" * 600_000 + b"N.", "0x30"),
        (b"(" * 1_000_001 + b".", "too many"),
    ],
)
def test_programs_that_are_no_weights(program: bytes, why: str) -> None:
    with pytest.raises(StateError) as caught:
        read_pickle(program)
    assert why in caught.value.en


def test_a_storage_of_another_kind_is_refused_by_name() -> None:
    half = Stored("0", [1, 2], HalfStorage)
    with pytest.raises(StateError, match=r"torch\.HalfStorage"):
        read_state(legacy_file({"w": View(half, (2,), (1,))}, [half]))


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (legacy_file(TENSORS, [A, COUNTER], magic=5), "head"),
        (legacy_file(TENSORS, [A, COUNTER], system={**SYSTEM, "little_endian": False}), "head"),
        (legacy_file(TENSORS, [A, COUNTER])[:-1], "cut short"),
        (legacy_file(TENSORS, [A, COUNTER]) + b"x", "follows the end"),
        (legacy_file(TENSORS, [A, A, COUNTER]), "list of storages"),
        (legacy_file(TENSORS, [COUNTER]), "does not fit"),
        (legacy_file({"w": "text"}, []), "no tensor"),
        (b"", "broken"),
        (b"PK\x03\x04 and no more", "broken"),
        (zip_file(TENSORS, [A]), ""),
        (zip_file(TENSORS, [A, COUNTER], compression=zipfile.ZIP_DEFLATED), "hostile"),
        (zip_file(TENSORS, [A, COUNTER], byteorder=b"big"), "little-endian"),
        (zip_file(TENSORS, [A, COUNTER], extra={"other/data.pkl": b"N."}), "no single data.pkl"),
        (zip_file(TENSORS, [COUNTER, Stored("0", [1.0])]), "does not fit"),
    ],
)
def test_broken_files(data: bytes, why: str) -> None:
    if not why:
        # The storage of a counter, which nobody reads, may be absent.
        assert set(read_state(data)) == {"a.weight", "a.bias"}
        return
    with pytest.raises(StateError) as caught:
        read_state(data)
    assert why in caught.value.en
    assert "重新获取" in caught.value.zh


def test_a_zip_bomb_is_refused_before_anything_is_read() -> None:
    """64 MB of zeros in 64 kB, and the same disguised as stored."""
    bomb = zip_file({}, [], compression=zipfile.ZIP_DEFLATED, extra={"net/data/9": bytes(64 << 20)})
    assert len(bomb) < 100_000
    with pytest.raises(StateError, match="hostile"):
        read_state(bomb)
    local, central = struct.pack("<H", zipfile.ZIP_DEFLATED), struct.pack("<H", zipfile.ZIP_STORED)
    forged = bytearray(bomb)
    at = forged.find(b"PK\x01\x02")
    while at >= 0:
        assert forged[at + 10 : at + 12] == local
        forged[at + 10 : at + 12] = central
        at = forged.find(b"PK\x01\x02", at + 4)
    with pytest.raises(StateError):
        read_state(bytes(forged))


WHOLE = [write(TENSORS, [A, COUNTER]) for write in WRITERS]


def test_instructions_have_the_names_of_the_standard_library() -> None:
    theirs = {ord(op.code): op.name for op in pickletools.opcodes}
    assert {code: name for code, (name, _) in INSTRUCTIONS.items()} == {code: theirs[code] for code in INSTRUCTIONS}


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.lists(inner, max_size=5).map(tuple)
        | st.dictionaries(st.text(max_size=5), inner, max_size=5)
    ),
    max_leaves=30,
)


@given(PLAIN, st.binary(max_size=5))
def test_plain_values_are_read_as_the_standard_pickler_meant_them(value: Any, after: bytes) -> None:
    written = pickle.dumps(value, protocol=2)
    assert read_pickle(after + written + after, len(after)) == (value, len(after) + len(written))


@given(st.sampled_from(WHOLE), st.data())
def test_a_damaged_file_is_read_or_refused_and_never_more(whole: bytes, data: st.DataObject) -> None:
    damaged = bytearray(whole)
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(damaged)))
    _read_or_refuse(bytes(damaged))
    _read_or_refuse(bytes(damaged[:cut]))


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(noise: bytes) -> None:
    _read_or_refuse(noise)
    _read_or_refuse(b"PK\x03\x04" + noise)


CODES = [op.code.encode("latin-1") for op in pickletools.opcodes]


@given(st.lists(st.one_of(st.sampled_from(CODES), st.binary(max_size=6)), max_size=40))
def test_any_program_is_read_or_refused(parts: list[bytes]) -> None:
    try:
        value, end = read_pickle(b"".join(parts) + b".")
    except StateError:
        return
    assert end >= 1
    assert is_plain(value)


def is_plain(value: Any, depth: int = 8) -> bool:
    """Built of data alone, at every depth."""
    if isinstance(value, dict | list | tuple) and depth:
        inside = [*value.keys(), *value.values()] if isinstance(value, dict) else value
        return all(is_plain(item, depth - 1) for item in inside)
    return value is None or type(value) in {str, int, float, bool, dict, list, tuple, Name, StorageRef, TensorRef}


def _read_or_refuse(data: bytes) -> None:
    try:
        state = read_state(data)
    except StateError:
        return
    assert sum(len(tensor.data) for tensor in state.values()) <= len(data)


def test_the_helper_writes_what_torch_writes() -> None:
    """The names and instructions of the real files, so that the tests above speak of the real format."""
    ops = list(pickletools.genops(pickled({"w": View(A, (6,), (1,))}, legacy=True)))
    names = {argument for op, argument, _ in ops if op.name == "GLOBAL"}
    assert names == {"torch._utils _rebuild_tensor_v2", "torch FloatStorage", "collections OrderedDict"}
    assert FloatStorage.__module__ != "torch"
