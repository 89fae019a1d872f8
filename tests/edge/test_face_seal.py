"""Templates under seal: what opens, what does not, and where the key lies."""

from __future__ import annotations

import base64
import math
import struct
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.model import Site
from edge.faces.key_file import face_key_path, load_face_key
from edge.faces.seal import SealError, check_vector, sealed, unsealed, vector_of
from edge.users.secret_files import SecretFileError
from sync.records import FaceTemplate

KEY = bytes(range(32))
ROW = FaceTemplate(id="a1", person="wang", model="m@1", sealed=b"")
NONCE = bytes(12)


def vector(dim: int = 128, at: int = 0) -> bytes:
    """A template that points along one axis."""
    return struct.pack(f"<{dim}f", *(1.0 if number == at else 0.0 for number in range(dim)))


@given(
    numbers=st.lists(st.floats(-1, 1, width=32), min_size=1, max_size=64),
    names=st.tuples(st.text(min_size=1, max_size=9), st.text(min_size=1, max_size=9)),
    negative=st.booleans(),
    nonce=st.binary(min_size=12, max_size=12),
)
@settings(max_examples=100, deadline=None)
def test_what_is_sealed_opens_again(numbers: list[float], names: tuple[str, str], negative: bool, nonce: bytes) -> None:
    length = math.sqrt(math.fsum(number * number for number in numbers)) or 1.0
    numbers = [number / length for number in numbers] if any(numbers) else [1.0]
    raw = struct.pack(f"<{len(numbers)}f", *numbers)
    row = sealed(KEY, replace(ROW, id=names[0], person=names[1], negative=negative), raw, nonce)
    assert unsealed(KEY, row) == raw
    assert len(row.sealed) == 12 + len(raw) + 16
    assert raw not in row.sealed


@pytest.mark.parametrize(
    "changed",
    [
        {"id": "a2"},
        {"person": "li"},
        {"model": "m@2"},
        {"negative": True},
        {"sealed": b""},
        {"sealed": bytes(540)},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_a_row_that_was_changed_or_swapped_does_not_open(changed: dict[str, Any]) -> None:
    row = sealed(KEY, ROW, vector(), NONCE)
    with pytest.raises(SealError, match=r"face\.key"):
        unsealed(KEY, replace(row, **changed))


def test_two_rows_whose_templates_were_swapped_do_not_open() -> None:
    mine, yours = (
        sealed(KEY, ROW, vector(at=1), NONCE),
        sealed(KEY, replace(ROW, id="b"), vector(at=2), bytes(11) + b"1"),
    )
    for row in (replace(mine, sealed=yours.sealed), replace(yours, sealed=mine.sealed)):
        with pytest.raises(SealError):
            unsealed(KEY, row)


@given(place=st.integers(0, 539), bit=st.integers(0, 7))
@settings(max_examples=60, deadline=None)
def test_no_flipped_bit_goes_unnoticed(place: int, bit: int) -> None:
    row = sealed(KEY, ROW, vector(), NONCE)
    broken = bytearray(row.sealed)
    broken[place] ^= 1 << bit
    with pytest.raises(SealError):
        unsealed(KEY, replace(row, sealed=bytes(broken)))


def test_another_key_opens_nothing_and_says_so_without_naming_anybody() -> None:
    row = sealed(KEY, ROW, vector(), NONCE)
    with pytest.raises(SealError) as refused:
        unsealed(bytes(32), row)
    assert "密钥" in refused.value.zh
    assert ROW.person not in str(refused.value)


@pytest.mark.parametrize(
    "raw",
    [b"", bytes(512), b"abc", vector()[:-1], struct.pack("<2f", math.nan, 1.0), struct.pack("<2f", math.inf, 0.0),
     struct.pack("<2f", 1.0, 1.0)],
    ids=["empty", "zero", "odd", "cut", "nan", "inf", "too long"],
)  # fmt: skip
def test_what_is_no_template_is_refused(raw: bytes) -> None:
    with pytest.raises(SealError):
        check_vector(raw)
    with pytest.raises(SealError):
        sealed(KEY, ROW, raw, NONCE)


@pytest.mark.parametrize(
    "text", ["", "!", "äöü", base64.b64encode(vector(64)).decode(), base64.b64encode(bytes(512)).decode()]
)
def test_what_the_eyes_send_is_looked_at(text: str) -> None:
    with pytest.raises(SealError):
        vector_of(text, 128)
    assert vector_of(base64.b64encode(vector()).decode(), 128) == vector()


def test_the_key_is_made_once_and_only_for_its_owner(tmp_path: Path) -> None:
    site = Site.model_validate({"site": {"data_dir": str(tmp_path / "data")}})
    key = load_face_key(site)
    assert load_face_key(site) == key
    assert len(key) == 32
    assert face_key_path(site).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("text", "mode", "said"),
    [
        ("00" * 32, 0o644, "chmod 600"),
        ("00" * 31, 0o600, "damaged"),
        ("xyz", 0o600, "damaged"),
        ("é", 0o600, "cannot use"),
    ],
)
def test_a_key_file_that_is_not_in_order_is_refused(tmp_path: Path, text: str, mode: int, said: str) -> None:
    path = tmp_path / "face.key"
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    with pytest.raises(SecretFileError, match=said):
        load_face_key(Site.model_validate({"site": {"data_dir": str(tmp_path)}}))
