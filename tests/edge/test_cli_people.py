"""``menwei people`` over the store of a stopped gateway; with the shared models and pictures also from end to end."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from config.load import load
from config.model import Site
from edge.cli.main import cli
from edge.cli.tools import open_store
from edge.faces.intake import IntakeError
from sync.queries import policy_of
from tests.edge.face_answers import answer

SHARED = Path(__file__).resolve().parents[2] / "../shared"
PICTURES = SHARED / "data/faces/images"
MODELS = SHARED / "models"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    file = tmp_path / "site.toml"
    file.write_text('[site]\ndata_dir = "data"\n[faces]\nfiling_limit = 2\n', encoding="utf-8")
    return file


class Eyes(dict[str, dict[str, Any]]):
    """Answers for pictures by their names, in place of a child with its models."""

    def __call__(self, _site: Site) -> Any:
        return self.ask

    def ask(self, pictures: Iterable[Path]) -> Iterator[dict[str, Any]]:
        for path in pictures:
            yield self.get(path.name, {"problem": "no_face"}) | {"file": str(path)}


class NoModels:
    """A child that cannot look at anything."""

    def __call__(self, _site: Site) -> Any:
        raise IntakeError("缺少模型", "a model is missing")


def menwei(site: Path, *words: str, eyes: Any = None) -> Result:
    return CliRunner().invoke(cli, ["people", words[0], "--site", str(site), *words[1:]], obj=eyes)


@pytest.fixture
def eyes() -> Eyes:
    return Eyes()


def lists(site: Path) -> Any:
    return policy_of(site.parent / "data/menwei.db")


def lines(site: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in menwei(site, "list", "--json").stdout.splitlines()]


def photos(site: Path, *names: str) -> Path:
    folder = site.parent / "photos"
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    return folder


def test_one_person_is_added_listed_and_removed_with_a_proof(site: Path, eyes: Eyes) -> None:
    eyes["a.jpg"], eyes["b.jpg"] = answer("", 1), answer("", 1, problem="blurred")
    added = menwei(site, "add", "wang", "a.jpg", "b.jpg", "--name", "王强", "--purpose", "小区门禁", eyes=eyes)
    assert added.exit_code == 0, added.output
    assert "1 个模板" in added.output
    assert "b.jpg (王强): 人脸模糊" in added.output
    [line] = lines(site)
    assert (line["id"], line["name"], line["templates"], line["consent"]["purpose"]) == ("wang", "王强", 1, "小区门禁")
    assert "王强\t" in menwei(site, "list").output
    removed = menwei(site, "remove", "wang")
    assert removed.exit_code == 0, removed.output
    assert "log.faces_erased" in removed.output
    assert lines(site) == []
    assert "no such person" in menwei(site, "remove", "wang").output


def test_only_the_face_can_be_removed(site: Path, eyes: Eyes) -> None:
    eyes["a.jpg"] = answer("", 1)
    menwei(site, "add", "wang", "a.jpg", "--purpose", "门禁", eyes=eyes)
    assert "log.faces_erased" in menwei(site, "remove", "wang", "--face-only").output
    assert (list(lists(site).people), dict(lists(site).faces), dict(lists(site).consents)) == (["wang"], {}, {})


def test_a_look_alike_needs_somebody_whom_it_looks_like(site: Path, eyes: Eyes) -> None:
    eyes.update({"a.jpg": answer("", 1), "twin.jpg": answer("", 1, 2), "other.jpg": answer("", 9)})
    assert "no such person" in menwei(site, "add", "wang", "twin.jpg", "--unlike", eyes=eyes).output
    menwei(site, "add", "wang", "a.jpg", "--purpose", "门禁", eyes=eyes)
    assert menwei(site, "add", "wang", "twin.jpg", "--unlike", eyes=eyes).exit_code == 0
    refused = menwei(site, "add", "wang", "other.jpg", "--unlike", eyes=eyes)
    assert (refused.exit_code, "does not look like" in refused.output) == (1, True)
    assert dict(lists(site).faces) == {"wang": 1}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ([], "say what the face is used for"),
        (["--purpose", "门禁", "--under-14"], "guardian"),
        (["--purpose", "门禁", "--born", "2030-02-30"], "2015-03-04"),
        (["--purpose", "门禁", "--until", "2001-01-01"], "has ended"),
        (["--purpose", "门禁", "--until", "soon"], "ISO 8601"),
    ],
)
def test_without_a_consent_that_holds_nobody_is_added(site: Path, eyes: Eyes, more: list[str], said: str) -> None:
    eyes["a.jpg"] = answer("", 1)
    refused = menwei(site, "add", "wang", "a.jpg", *more, eyes=eyes)
    assert refused.exit_code != 0
    assert said in refused.output


def test_a_folder_is_imported_with_a_report_and_gone_on_with(site: Path, eyes: Eyes) -> None:
    eyes.update({"王强.jpg": answer("", 1), "li_1.jpg": answer("", 2), "li_2.jpg": answer("", 2, quality=0.4)})
    folder = photos(site, "王强.jpg", "li_1.jpg", "li_2.jpg", "=x.jpg")
    report = site.parent / "refused.csv"
    words = ("import", str(folder), "--purpose", "门禁", "--report", str(report))
    assert "--agreed" in menwei(site, *words, eyes=eyes).output
    first = menwei(site, *words, "--agreed", eyes=eyes)
    assert first.exit_code == 1, first.output
    assert "登记 2 人 3 个模板" in first.output
    assert "30 working days" in first.output
    with report.open(encoding="utf-8-sig", newline="") as handle:
        [row] = csv.DictReader(handle)
    assert (row["name"], row["key"], row["file"]) == ("'=x", "no_face", str(folder / "=x.jpg"))
    eyes["=x.jpg"] = answer("", 3)
    again = menwei(site, *words, "--agreed", eyes=eyes)
    assert (again.exit_code, "已在库 2 人" in again.output, "登记 1 人" in again.output) == (0, True, True)


def test_what_stops_an_import_is_a_sentence(site: Path) -> None:
    words = ("import", str(photos(site, "a.jpg")), "--purpose", "门禁", "--agreed")
    failed = menwei(site, *words, eyes=NoModels())
    assert (failed.exit_code, "a model is missing" in failed.output) == (1, True)
    csv_file = site.parent / "x.csv"
    csv_file.write_text("id,picture\na b,1.jpg\n", encoding="utf-8")
    failed = menwei(site, "import", str(csv_file), "--agreed")
    assert (failed.exit_code, "x.csv:2" in failed.output) == (1, True)


def test_a_running_gateway_keeps_the_command_out(site: Path) -> None:
    loaded = load(site)
    with open_store(loaded.site):
        refused = menwei(site, "remove", "wang")
    assert (refused.exit_code, "in use by another process" in refused.output) == (1, True)


def test_the_threshold_is_explained_before_and_after(site: Path, eyes: Eyes) -> None:
    begun = menwei(site, "threshold")
    assert begun.exit_code == 0, begun.output
    eyes["a.jpg"] = answer("", 1)
    menwei(site, "add", "wang", "a.jpg", "--purpose", "门禁", eyes=eyes)
    after = menwei(site, "threshold").output
    assert "1 templates are enrolled" in after
    figures = [
        float(line.split("->")[1].split()[0]) for line in after.splitlines() if "->" in line and "阈值" not in line
    ]
    assert figures == sorted(figures)
    assert len(figures) == 6


@pytest.mark.skipif(not PICTURES.is_dir() or not MODELS.is_dir(), reason="needs the shared models and pictures")
def test_pictures_become_people_and_hostile_ones_words(site: Path) -> None:
    taken = CliRunner().invoke(cli, ["models", "import", str(MODELS), "--site", str(site)])
    assert taken.exit_code == 0, taken.output
    with (SHARED / "data/faces/people.csv").open(encoding="utf-8") as handle:
        rows = [row for row in csv.DictReader(handle) if row["identity"].startswith("orl")]
    people = list(dict.fromkeys(row["identity"] for row in rows))[:3]
    for number, person in enumerate(people):
        for row in [row for row in rows if row["identity"] == person][:3]:
            target = site.parent / "photos" / f"e{number}" / Path(row["file"]).name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(SHARED / "data/faces" / row["file"], target)
    folder = photos(site, "text.jpg", "empty.png")
    (folder / "empty.png").write_bytes(b"")
    (folder / "cut.jpg").write_bytes(next(folder.rglob("e0/*")).read_bytes()[:900])
    done = menwei(site, "import", str(folder), "--purpose", "门禁", "--agreed", "--jobs", "2")
    refused = {line.split(" (")[0].rpartition("/")[2] for line in done.stderr.splitlines() if ": " in line}
    assert {"text.jpg", "empty.png", "cut.jpg"} <= refused, done.output
    enrolled = dict(lists(site).faces)
    assert set(enrolled) <= {"e0", "e1", "e2"}
    assert len(enrolled) >= 2, done.output
