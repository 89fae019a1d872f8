"""Zip files that are made to do harm are refused before anything is read out of them."""

from __future__ import annotations

import os
import stat
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.evidence import layout
from edge.evidence.verify import verify_bundle


def one(path: Path, name: str, data: bytes = b"x", *, how: int = zipfile.ZIP_STORED, mode: int = 0o100644) -> Path:
    info = zipfile.ZipInfo("placeholder")
    info.filename = name
    info.orig_filename = name
    info.external_attr, info.compress_type = mode << 16, how
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(info, data)
    return path


@pytest.mark.parametrize(
    "name",
    ["../up", "media/../../up", "/etc/passwd", "a\\..\\b", "media/", "media/a/b", "C:x", "x\0y", ".hidden", "", "a..b",
     "行.txt", "x" * 200, "media/..", "con\n"],
)  # fmt: skip
def test_names_that_lead_elsewhere(tmp_path: Path, name: str) -> None:
    findings = verify_bundle(one(tmp_path / "z.zip", name))
    assert not findings.ok
    assert findings.refused


@pytest.mark.parametrize("mode", [stat.S_IFLNK | 0o777, stat.S_IFDIR | 0o755, stat.S_IFIFO, stat.S_IFCHR])
def test_links_and_other_things_that_are_no_files(tmp_path: Path, mode: int) -> None:
    assert "plain file" in verify_bundle(one(tmp_path / "z.zip", "media/a", mode=mode)).refused


@pytest.mark.parametrize("how", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_bombs_do_not_go_off(tmp_path: Path, how: int) -> None:
    bomb = one(tmp_path / "z.zip", layout.SUMS, b"\0" * 10_000_000, how=how)
    assert "compressed" in verify_bundle(bomb).refused


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("second", [layout.SUMS, layout.SUMS.lower()])
def test_the_same_name_twice(tmp_path: Path, second: str) -> None:
    path = tmp_path / "z.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(layout.SUMS, "one")
        archive.writestr(second, "two")
    assert "twice" in verify_bundle(path).refused


def test_files_that_lie_over_each_other(tmp_path: Path) -> None:
    """Two entries of the directory that point at the same bytes give out more than came in."""
    path = one(tmp_path / "z.zip", "aa", b"x" * 5000)
    data = path.read_bytes()
    start = data.index(b"PK\x01\x02")
    end = data.index(b"PK\x05\x06")
    entry, tail = data[start:end], bytearray(data[end:])
    tail[8:12] = (2).to_bytes(2, "little") * 2
    tail[12:16] = (2 * len(entry)).to_bytes(4, "little")
    path.write_bytes(data[:start] + entry + entry.replace(b"aa", b"bb") + bytes(tail))
    findings = verify_bundle(path)
    assert not findings.ok
    assert "overlap" in findings.refused


def test_too_many_files(tmp_path: Path) -> None:
    path = tmp_path / "z.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for n in range(layout.FILES_MAX + 1):
            archive.writestr(f"f{n}", b"")
    assert "too many" in verify_bundle(path).refused


def test_a_file_too_large_is_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "z.zip"
    path.touch()
    os.truncate(path, layout.BUNDLE_MAX_BYTES * 2)  # sparse
    assert "too large" in verify_bundle(path).refused


@settings(max_examples=150, deadline=None)
@given(data=st.binary(max_size=400), at=st.integers(0, 10_000))
def test_any_bytes_give_findings_and_no_crash(tmp_path_factory: pytest.TempPathFactory, data: bytes, at: int) -> None:
    path = tmp_path_factory.mktemp("any") / "z.zip"
    whole = bytearray(one(path, layout.SUMS, b"# menwei.evidence.1 key " + b"0" * 64 + b"\n").read_bytes())
    at %= len(whole)
    whole[at : at + len(data)] = data
    path.write_bytes(bytes(whole))
    assert not verify_bundle(path).ok
