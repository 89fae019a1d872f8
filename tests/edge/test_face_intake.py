"""What an import is told: folders and CSV as people with their pictures, or a sentence that names the line."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from edge.faces.intake import PICTURES_MAX, IntakeError, id_of, read_source
from edge.faces.rules import ConsentWish

WISH = ConsentWish(purpose="开门")


def folder(root: Path, *names: str) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    return root


@pytest.mark.parametrize(
    ("files", "people"),
    [
        (["wang.jpg"], {"wang": ("wang", 1)}),
        (["wang_1.jpg", "wang_2.PNG", "wang.webp"], {"wang": ("wang", 3)}),
        (["Jean-Paul.jpg"], {"Jean-Paul": ("Jean-Paul", 1)}),
        (["e1/王强_1.jpg", "e1/王强_2.jpg"], {"e1": ("王强", 2)}),
        (["e1/front.jpg"], {"e1": ("e1", 1)}),
        (["王强.jpg"], {id_of("王强"): ("王强", 1)}),
        (["王强.jpg", "notes.txt", ".hidden.jpg", ".git/x.jpg", "empty/readme.md"], {id_of("王强"): ("王强", 1)}),
        (["a.heic", "b.gif"], {"a": ("a", 1), "b": ("b", 1)}),
    ],
    ids=",".join,
)
def test_a_folder_of_pictures(tmp_path: Path, files: list[str], people: dict[str, tuple[str, int]]) -> None:
    found = read_source(folder(tmp_path, *files), WISH)
    assert {e.person: (e.name, len(e.pictures)) for e in found} == people
    assert {e.consent for e in found} == {WISH}


def test_an_id_is_the_same_every_time_and_may_stand_in_an_address() -> None:
    assert id_of("wang-1") == "wang-1"
    assert id_of("王强") == id_of("王强") != id_of("王弱")
    assert id_of("a/b").startswith("p-")
    assert id_of("x" * 41).startswith("p-")


def test_of_very_many_pictures_some_are_left_out_and_counted(tmp_path: Path) -> None:
    [entry] = read_source(folder(tmp_path, *(f"wang/{n:03}.jpg" for n in range(PICTURES_MAX + 4))), WISH)
    assert (len(entry.pictures), entry.left_out) == (PICTURES_MAX, 4)


def written(tmp_path: Path, text: str, encoding: str = "utf-8") -> Path:
    file = tmp_path / "people.csv"
    file.write_bytes(text.encode(encoding))
    return file


def test_a_csv_says_more_than_a_folder(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        "\ufeffid,name,place,picture,given_by,born,until,purpose,given_at\n"
        "e1,王强,1号楼101,a/1.jpg,,,,,\n"
        "e1,,,a/2.jpg,,,,,\n"
        "e2,小王,,b.jpg,王强,2015-03-04,2030-01-01T00:00:00+08:00,幼儿园接送,2026-01-01T00:00:00+08:00\n",
    )
    grown, child = read_source(file, WISH)
    assert (grown.person, grown.name, grown.place) == ("e1", "王强", "1号楼101")
    assert grown.pictures == (tmp_path / "a/1.jpg", tmp_path / "a/2.jpg")
    assert grown.consent == WISH
    assert (child.consent.given_by, child.consent.born, child.consent.purpose) == (
        "王强",
        date(2015, 3, 4),
        "幼儿园接送",
    )
    assert child.consent.until_s == 1893427200.0
    assert child.consent.given_at_s == 1767196800.0


def test_a_name_alone_is_enough(tmp_path: Path) -> None:
    [entry] = read_source(written(tmp_path, "name,picture,under_14\n王强,1.jpg,是\n"), WISH)
    assert (entry.person, entry.name, entry.consent.under_14) == (id_of("王强"), "王强", True)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id,name\n1,a\n", ":1: needs columns picture"),
        ("picture\na.jpg\n", ":1: needs columns picture"),
        ("id,picture,colour\n", ":1: unknown column 'colour'"),
        ("id,picture\na b,1.jpg\n", ":2: an id has"),
        ("id,picture\na,1.jpg\nb,\n", ":3: no picture"),
        ("id,picture,born\na,1.jpg,4.3.2015\n", ":2: a day is like"),
        ("id,picture,until\na,1.jpg,soon\n", ":2: 'soon' is no time"),
        ("id,picture,under_14\na,1.jpg,perhaps\n", ":2: under_14 is yes or no"),
        ("", ":1: needs columns"),
        ("id,picture\n", "there are no pictures"),
    ],
    ids=repr,
)
def test_a_csv_that_is_wrong_is_refused_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(IntakeError) as refused:
        read_source(written(tmp_path, text), WISH)
    assert said in refused.value.en
    assert str(tmp_path) in refused.value.zh


def test_other_bytes_and_missing_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(IntakeError, match="UTF-8"):
        read_source(written(tmp_path, "id,picture,name\na,1.jpg,王\n", "gbk"), WISH)
    with pytest.raises(IntakeError, match="cannot read"):
        read_source(tmp_path / "absent.csv", WISH)
    (tmp_path / "none").mkdir()
    with pytest.raises(IntakeError, match="no pictures"):
        read_source(tmp_path / "none", WISH)
