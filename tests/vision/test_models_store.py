"""The folder of models: a path is given only for the right bytes, and every other case says what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.vision.model_specs import made_up, own_manifest, sha256
from vision.models import store
from vision.models.errors import ManifestError, ModelDamaged, ModelError, ModelMissing, ModelUnknown
from vision.models.store import OWN_MANIFEST, Presence, model_path, put, spec, specs, status, statuses

DATA = b"weights of a made-up network"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """With a model of the site's own, as its manifest says."""
    (tmp_path / OWN_MANIFEST).write_text(own_manifest(DATA), encoding="utf-8")
    (tmp_path / "mine.onnx").write_bytes(DATA)
    return tmp_path


def test_the_path_of_a_model_that_is_there(folder: Path) -> None:
    assert model_path(folder, "mine") == folder / "mine.onnx"


def test_a_model_that_is_missing_says_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing) as caught:
        model_path(tmp_path / "nowhere", "yunet-n")
    assert "menwei models pull yunet-n" in caught.value.zh
    assert "menwei models pull yunet-n" in caught.value.en


def test_a_model_without_an_address_can_only_be_imported(folder: Path) -> None:
    (folder / "mine.onnx").unlink()
    with pytest.raises(ModelMissing) as caught:
        model_path(folder, "mine")
    assert "pull" not in caught.value.en
    assert "menwei models import" in caught.value.en


def test_a_damaged_model_is_refused_with_both_hashes(folder: Path) -> None:
    (folder / "mine.onnx").write_bytes(b"other")
    with pytest.raises(ModelDamaged) as caught:
        model_path(folder, "mine")
    assert sha256(DATA) in caught.value.en
    assert sha256(b"other") in caught.value.zh


def test_a_file_that_changes_later_is_hashed_again(folder: Path) -> None:
    model_path(folder, "mine")
    (folder / "mine.onnx").write_bytes(b"changed while we ran, to another length")
    with pytest.raises(ModelDamaged):
        model_path(folder, "mine")


def test_a_file_that_did_not_change_is_hashed_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model_path(folder, "mine")
    monkeypatch.setattr(store, "_CHUNK_BYTES", 0)  # reading would now see an empty file
    assert model_path(folder, "mine") == folder / "mine.onnx"


def test_a_folder_in_the_place_of_a_file_is_damage(folder: Path) -> None:
    (folder / "mine.onnx").unlink()
    (folder / "mine.onnx").mkdir()
    with pytest.raises(ModelDamaged, match="directory"):
        model_path(folder, "mine")
    assert status(folder, spec(folder, "mine")).presence is Presence.DAMAGED


def test_an_unknown_name_tells_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(ModelUnknown, match="did you mean yunet-n"):
        model_path(tmp_path, "yunetn")


def test_statuses_name_every_model(folder: Path) -> None:
    found = {item.spec.name: item.presence for item in statuses(folder)}
    assert found["mine"] is Presence.READY
    assert found["yunet-n"] is Presence.MISSING


def test_only_the_right_bytes_are_laid_down_and_none_lie_about(tmp_path: Path) -> None:
    wanted = made_up(DATA)
    with pytest.raises(ModelDamaged):
        put(tmp_path / "models", wanted, b"other")
    assert not (tmp_path / "models").exists()
    assert put(tmp_path / "models", wanted, DATA).read_bytes() == DATA
    assert [path.name for path in (tmp_path / "models").iterdir()] == ["made-up.onnx"]
    assert (tmp_path / "models/made-up.onnx").stat().st_mode & 0o777 == 0o644


def test_a_folder_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file", encoding="utf-8")
    with pytest.raises(ModelError, match="cannot write"):
        put(tmp_path / "models", made_up(DATA), DATA)


def test_a_sites_own_model_keeps_its_name_when_we_ship_one_of_that_name(tmp_path: Path) -> None:
    (tmp_path / OWN_MANIFEST).write_text(own_manifest(DATA, "yunet-n"), encoding="utf-8")
    assert specs(tmp_path)["yunet-n"].file == "mine.onnx"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (own_manifest(DATA, "mine", "yunet_n_dynamic.onnx").encode(), "of a model we ship"),
        (b"\xff\xfe", "UTF-8"),
        (b"[models", "is not TOML"),
        (b"#" * 300_000, "more than"),
    ],
)
def test_a_wrong_manifest_of_ones_own_is_told_with_its_place(tmp_path: Path, content: bytes, says: str) -> None:
    (tmp_path / OWN_MANIFEST).write_bytes(content)
    with pytest.raises(ManifestError, match=says) as caught:
        specs(tmp_path)
    assert str(tmp_path / OWN_MANIFEST) in caught.value.zh
