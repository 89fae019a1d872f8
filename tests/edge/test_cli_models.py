"""``menwei models``: what an installer types, with and without internet."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edge.cli.main import cli
from tests.vision.model_server import cut, instead, serving
from tests.vision.model_specs import CONTENT, NO_SHARED, SHARED, own_manifest, sha256
from vision.models.store import OWN_MANIFEST

PINNED = f"""
[addresses]
raw = "https://nowhere.invalid/{{path}}"

[models.mine]
file = "mine.onnx"
source = "https://nowhere.invalid/owner/repo"
commit = "{"0" * 40}"
path = "mine.bin"
sha256 = "{sha256(CONTENT)}"
size_bytes = {len(CONTENT)}
licence = "MIT"
contract = {{ kind = "face-detector", multiple = 32 }}
"""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A site whose finder of faces is a model of its own, and that uses no other but the shipped ones."""
    (tmp_path / "data/models").mkdir(parents=True)
    (tmp_path / "data/models" / OWN_MANIFEST).write_text(PINNED, encoding="utf-8")
    file = tmp_path / "site.toml"
    file.write_text("[site]\ndata_dir = 'data'\n[faces]\ndetector = 'mine'\nliveness = 'off'\n", encoding="utf-8")
    return file


def models(site: Path, *words: str) -> Result:
    return CliRunner().invoke(cli, ["models", words[0], "--site", str(site), *words[1:]])


def test_list_marks_what_the_site_uses_and_says_what_is_missing(site: Path) -> None:
    lines = models(site, "list").output.splitlines()
    assert [line.split()[1] for line in lines if line.startswith("*")] == ["mobilefacenet-foamliu", "mine"]
    assert all("缺少 missing" in line for line in lines)
    plain = [json.loads(line) for line in models(site, "list", "--json").output.splitlines()]
    mine = next(item for item in plain if item["name"] == "mine")
    assert (mine["presence"], mine["used"], mine["url"]) == ("missing", True, "https://nowhere.invalid/mine.bin")


def test_pull_from_the_mirror_of_the_site_file_after_a_cut(site: Path) -> None:
    with serving({"/m/mine.bin": CONTENT}, script=[cut(100_000)]) as served:
        text = site.read_text(encoding="utf-8") + f"[models]\nmirror = '{served.url}/m/{{filename}}'\n"
        site.write_text(text, encoding="utf-8")
        said = models(site, "pull", "mine")
    assert said.exit_code == 0, said.output
    assert "cut off at 100000" in said.stderr
    assert f"{served.url}/m/mine.bin" in said.stdout
    assert (site.parent / "data/models/mine.onnx").read_bytes() == CONTENT
    assert "可用 ready" in models(site, "pull", "mine").output


def test_pull_refuses_wrong_bytes_in_both_languages(site: Path) -> None:
    with serving({"*": CONTENT}, always=instead(bytes(len(CONTENT)))) as served:
        said = models(site, "pull", "mine", "--mirror", served.url)
    assert said.exit_code == 1
    assert "校验不符" in said.stderr
    assert "wrong hash" in said.stderr
    assert sha256(CONTENT) in said.stderr
    assert not (site.parent / "data/models/mine.onnx").exists()


def test_pull_without_names_takes_what_the_site_uses(site: Path) -> None:
    with serving({}) as served:
        said = models(site, "pull", "--mirror", served.url)
        asked = [path for path, _, _ in served.asked]
    assert said.exit_code == 1
    assert asked == [f"/owner/repo/{'0' * 40}/mine.bin"]


def test_pull_with_a_folder_alone_wants_names(tmp_path: Path) -> None:
    said = CliRunner().invoke(cli, ["models", "pull", "--dir", str(tmp_path)])
    assert said.exit_code == 2
    assert "--all" in said.stderr


def test_an_unknown_name_is_told_with_the_nearest(site: Path) -> None:
    said = models(site, "pull", "mobilefacenet")
    assert said.exit_code == 1
    assert "did you mean mobilefacenet-foamliu" in said.stderr


def test_verify_tells_missing_used_models_and_damage(site: Path) -> None:
    folder = site.parent / "data/models"
    assert models(site, "verify").exit_code == 1
    (folder / "mine.onnx").write_bytes(CONTENT)
    assert models(site, "verify", "mine").exit_code == 0
    (folder / "mine.onnx").write_bytes(b"damaged")
    said = models(site, "verify", "mine")
    assert said.exit_code == 1
    assert "损坏 damaged" in said.output
    assert sha256(b"damaged") in said.output


def test_a_bundle_goes_from_one_site_to_another(site: Path, tmp_path: Path) -> None:
    (site.parent / "data/models/mine.onnx").write_bytes(CONTENT)
    assert models(site, "bundle", str(tmp_path / "models.zip")).exit_code == 0
    other = tmp_path / "other"
    said = CliRunner().invoke(cli, ["models", "import", "--dir", str(other), str(tmp_path / "models.zip")])
    assert said.exit_code == 0, said.output
    assert "已导入 taken mine" in said.output
    assert (other / "mine.onnx").read_bytes() == CONTENT


def test_import_of_a_folder_without_models_fails_with_a_sentence(site: Path, tmp_path: Path) -> None:
    (tmp_path / "stick").mkdir()
    (tmp_path / "stick/other.onnx").write_bytes(b"x")
    said = models(site, "import", str(tmp_path / "stick"))
    assert said.exit_code == 1
    assert "other.onnx: 不认识" in said.stdout
    assert "holds no model that we know" in said.stderr


@pytest.mark.skipif(not SHARED.exists(), reason=NO_SHARED)
def test_import_of_the_shared_models_makes_every_model_ready(site: Path) -> None:
    said = models(site, "import", str(SHARED.resolve()))
    assert said.exit_code == 0, said.output
    lines = models(site, "list").output.splitlines()
    assert {line.split()[1 if line.startswith("*") else 0] for line in lines if "缺少" in line} == {"mine"}


def test_a_wrong_manifest_of_ones_own_is_told(site: Path) -> None:
    (site.parent / "data/models" / OWN_MANIFEST).write_text(own_manifest(b"x").replace("dim", "dims"), encoding="utf-8")
    said = models(site, "list")
    assert said.exit_code == 1
    assert "unknown key dims" in said.stderr


def test_the_settings_of_the_site_name_folder_and_models(site: Path, tmp_path: Path) -> None:
    text = site.read_text(encoding="utf-8") + f"[models]\ndir = '{tmp_path / 'elsewhere'}'\n"
    site.write_text(text.replace("'mine'", "'yunet-s'"), encoding="utf-8")
    lines = models(site, "list").output.splitlines()
    assert [line.split()[1] for line in lines if line.startswith("*")] == ["yunet-s", "mobilefacenet-foamliu"]
