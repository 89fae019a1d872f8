"""What an import is told: a folder of pictures or a CSV, as one entry a person. Shell: lists folders, reads the CSV.

Folder: ``NAME.jpg``, ``NAME_1.jpg`` … (one person of that name), or a folder a person, ``ID/NAME_1.jpg`` or
``ID/any.jpg``. CSV (UTF-8): columns ``id`` or ``name``, and ``picture`` (relative to the CSV); also ``place``,
``purpose``, ``given_by``, ``born``, ``under_14``, ``given_at``, ``until``. Rows of one id are pictures of one person.
"""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

from edge.faces.model import Entry
from edge.faces.rules import ConsentWish

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp", ".heic", ".bmp", ".gif", ".tif", ".tiff"})
"""What is taken for a picture; the kinds that are not read are refused in words, not passed over in silence."""
PICTURES_MAX = 20
"""Of one person that are looked at."""
CSV_BYTES_MAX = 64 * 1024 * 1024
NAME_MAX = 80
COLUMNS = frozenset({"id", "name", "place", "picture", "purpose", "given_by", "born", "under_14", "given_at", "until"})
_ID = re.compile(r"[A-Za-z0-9_-]{1,40}")
_NUMBER = re.compile(r"_[0-9]{1,6}$")
_YES = frozenset({"1", "yes", "true", "y", "是"})
_NO = frozenset({"", "0", "no", "false", "n", "否"})


class IntakeError(Exception):
    """The source cannot be used; ``zh`` and ``en`` name the file, the line and the remedy."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"{zh} / {en}")
        self.zh = zh
        self.en = en


def read_source(source: Path, consent: ConsentWish) -> list[Entry]:
    """The people of a folder or a CSV; ``consent`` holds where the CSV does not say it. Raises IntakeError."""
    try:
        entries = _of_folder(source, consent) if source.is_dir() else _of_csv(source, consent)
    except OSError as error:
        raise IntakeError(f"无法读取 {source}：{error}", f"cannot read {source}: {error}") from error
    if not entries:
        raise IntakeError(
            f"{source} 中没有图片（姓名.jpg 或 编号/姓名_1.jpg）",
            f"there are no pictures in {source} (NAME.jpg or ID/NAME_1.jpg)",
        )
    return entries


def id_of(name: str) -> str:
    """The id that a name becomes: itself where it may stand in an address, else a short hash, always the same."""
    return name if _ID.fullmatch(name) else "p-" + hashlib.sha256(name.encode()).hexdigest()[:12]


def _of_folder(folder: Path, consent: ConsentWish) -> list[Entry]:
    found: dict[str, Entry] = {}
    for path in sorted(folder.iterdir()):
        if path.is_dir() and not path.name.startswith("."):
            pictures = sorted(inner for inner in path.iterdir() if _is_picture(inner))
            if pictures:
                name = pictures[0].stem.rpartition("_")[0] or path.name
                _join(found, Entry(person=id_of(path.name), name=name[:NAME_MAX], consent=consent), pictures)
        elif _is_picture(path):
            name = _NUMBER.sub("", path.stem) or path.stem
            _join(found, Entry(person=id_of(name), name=name[:NAME_MAX], consent=consent), [path])
    return list(found.values())


def _of_csv(file: Path, consent: ConsentWish) -> list[Entry]:
    if file.stat().st_size > CSV_BYTES_MAX:
        raise IntakeError(f"{file} 太大", f"{file} is too large")
    found: dict[str, Entry] = {}
    try:
        with file.open(encoding="utf-8-sig", newline="") as handle:
            reader = csv.DictReader(handle)
            _check_columns(file, reader.fieldnames or ())
            for number, row in enumerate(reader, start=2):
                entry, picture = _of_row(f"{file}:{number}", row, consent)
                _join(found, entry, [file.parent / picture])
    except (UnicodeDecodeError, csv.Error) as error:
        raise IntakeError(f"{file} 不是 UTF-8 的 CSV：{error}", f"{file} is no CSV in UTF-8: {error}") from error
    return list(found.values())


def _check_columns(file: Path, columns: Iterable[str]) -> None:
    names = {(name or "").strip() for name in columns}
    unknown = sorted(names - COLUMNS)
    if unknown:
        known = ", ".join(sorted(COLUMNS))
        raise IntakeError(
            f"{file}:1: 未知的列 {unknown[0]!r}；可用：{known}",
            f"{file}:1: unknown column {unknown[0]!r}; known: {known}",
        )
    if "picture" not in names or not names & {"id", "name"}:
        raise IntakeError(f"{file}:1: 需要列 picture 与 id 或 name", f"{file}:1: needs columns picture and id or name")


def _of_row(where: str, row: Mapping[str | None, str | None], consent: ConsentWish) -> tuple[Entry, str]:
    cells = {(key or "").strip(): (value or "").strip() for key, value in row.items() if not isinstance(value, list)}
    name, picture = cells.get("name", ""), cells.get("picture", "")
    person = cells.get("id", "") or id_of(name)
    if not _ID.fullmatch(person):
        raise IntakeError(
            f"{where}: 编号 {person!r} 应为 1 到 40 个字母、数字、- 或 _",
            f"{where}: an id has 1 to 40 letters, digits, - or _, not {person!r}",
        )
    if not picture:
        raise IntakeError(f"{where}: 没有图片", f"{where}: no picture is named")
    wish = replace(
        consent,
        purpose=cells.get("purpose", "") or consent.purpose,
        given_by=cells.get("given_by", "") or consent.given_by,
        born=_day(where, cells.get("born", "")) or consent.born,
        under_14=_yes(where, cells.get("under_14", "")) or consent.under_14,
        given_at_s=_moment(where, cells.get("given_at", "")) or consent.given_at_s,
        until_s=_moment(where, cells.get("until", "")) or consent.until_s,
    )
    place = cells.get("place", "")[:NAME_MAX]
    return Entry(person=person, name=(name or person)[:NAME_MAX], place=place, consent=wish), picture


def _join(found: dict[str, Entry], entry: Entry, pictures: Iterable[Path]) -> None:
    known = found.get(entry.person, entry)
    together = (*known.pictures, *pictures)
    left_out = known.left_out + max(0, len(together) - PICTURES_MAX)
    found[entry.person] = replace(known, pictures=together[:PICTURES_MAX], left_out=left_out)


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES and not path.name.startswith(".")


def _day(where: str, text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise IntakeError(f"{where}: 日期 {text!r} 应如 2015-03-04", f"{where}: a day is like 2015-03-04") from error


def _moment(where: str, text: str) -> float | None:
    try:
        return datetime.fromisoformat(text).astimezone().timestamp() if text else None
    except ValueError as error:
        raise IntakeError(
            f"{where}: 时间 {text!r} 应为 ISO 8601", f"{where}: {text!r} is no time of ISO 8601"
        ) from error


def _yes(where: str, text: str) -> bool:
    if text.casefold() not in _YES | _NO:
        raise IntakeError(f"{where}: under_14 应为 yes 或 no", f"{where}: under_14 is yes or no")
    return text.casefold() in _YES
