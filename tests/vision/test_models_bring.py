"""Models on a stick: known by their hashes, converted on the way, and every file's fate is told."""

from __future__ import annotations

import os
import shutil
import zipfile
from pathlib import Path

import pytest

from tests.vision.model_specs import NO_SHARED, SHARED, own_manifest, sha256
from vision.models import bring
from vision.models.bring import Brought, Outcome, import_from
from vision.models.bundle import write_bundle
from vision.models.errors import BundleError, ManifestError, ModelDamaged, ModelMissing
from vision.models.store import OWN_MANIFEST, Presence, model_path, shipped, statuses

DATA = b"weights of a made-up network"
needs_shared = pytest.mark.skipif(not SHARED.exists(), reason=NO_SHARED)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A models' folder in which a model of the site's own is described."""
    models = tmp_path / "models"
    models.mkdir()
    (models / OWN_MANIFEST).write_text(own_manifest(DATA), encoding="utf-8")
    return models


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    where = tmp_path / "stick"
    (where / "deep/er").mkdir(parents=True)
    return where


def test_a_model_is_known_by_its_hash_wherever_it_lies_and_whatever_it_is_called(folder: Path, stick: Path) -> None:
    (stick / "deep/er/any name.dat").write_bytes(DATA)
    assert import_from(folder, stick) == [Brought("deep/er/any name.dat", Outcome.TAKEN, "mine")]
    assert model_path(folder, "mine").read_bytes() == DATA
    assert import_from(folder, stick) == [Brought("deep/er/any name.dat", Outcome.PRESENT, "mine")]


def test_a_damaged_model_is_replaced(folder: Path, stick: Path) -> None:
    (folder / "mine.onnx").write_bytes(b"damaged")
    (stick / "mine.onnx").write_bytes(DATA)
    assert [item.outcome for item in import_from(folder, stick)] == [Outcome.TAKEN]
    assert model_path(folder, "mine").read_bytes() == DATA


def test_what_is_called_a_model_and_is_none_is_named_and_anything_else_is_passed_over(
    folder: Path, stick: Path
) -> None:
    (stick / "mine.onnx").write_bytes(b"another network of another size")
    (stick / "same size.PTH").write_bytes(b"w" * len(DATA))
    (stick / "same size.jpg").write_bytes(b"w" * len(DATA))
    (stick / "holiday.jpg").write_bytes(b"sea")
    assert import_from(folder, stick) == [
        Brought("mine.onnx", Outcome.UNKNOWN),
        Brought("same size.PTH", Outcome.UNKNOWN),
    ]
    assert not (folder / "mine.onnx").exists()


def test_links_out_of_the_folder_and_odd_files_are_no_trap(folder: Path, stick: Path) -> None:
    (stick / "loop").symlink_to(stick, target_is_directory=True)
    (stick / "gone.onnx").symlink_to(stick / "nowhere")
    os.mkfifo(stick / "pipe.onnx")
    (stick / "mine.onnx").write_bytes(DATA)
    assert import_from(folder, stick) == [Brought("mine.onnx", Outcome.TAKEN, "mine")]


def test_a_folder_with_too_many_files_is_refused(folder: Path, stick: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bring, "FILES_MAX", 3)
    for number in range(4):
        (stick / f"{number}.onnx").write_bytes(b"x")
    with pytest.raises(BundleError, match="more than 3 files"):
        import_from(folder, stick)


def test_a_source_that_is_not_there_is_told(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="there is no"):
        import_from(folder, tmp_path / "nowhere")


@needs_shared
def test_references_are_taken_by_their_hash(tmp_path: Path) -> None:
    brought = import_from(tmp_path / "models", SHARED.resolve())
    taken = {item.name for item in brought if item.outcome is Outcome.TAKEN}
    assert taken == {"yunet-n", "yunet-s", "mobilefacenet-foamliu", "minifasnet-v2", "minifasnet-v1se", "fastestdet"}
    assert all(item.outcome is Outcome.UNKNOWN for item in brought if item.file.startswith("peers"))
    for name in taken:
        assert sha256(model_path(tmp_path / "models", name).read_bytes()) in {f.sha256 for f in shipped()[name].ready}


@needs_shared
def test_files_of_upstream_are_converted_on_the_way(tmp_path: Path) -> None:
    brought = import_from(tmp_path / "models", SHARED.resolve() / "upstream")
    assert {item.name: item.outcome for item in brought} == {
        "yunet-n": Outcome.TAKEN,
        "mobilefacenet-foamliu": Outcome.CONVERTED,
        "minifasnet-v2": Outcome.CONVERTED,
        "minifasnet-v1se": Outcome.CONVERTED,
    }
    for item in brought:
        assert sha256(model_path(tmp_path / "models", item.name).read_bytes()) == shipped()[item.name].ready[0].sha256


def test_a_bundle_brings_models_and_their_description_to_another_site(folder: Path, tmp_path: Path) -> None:
    (folder / "mine.onnx").write_bytes(DATA)
    assert write_bundle(folder, tmp_path / "models.zip") == ["mine"]
    other = tmp_path / "other"
    assert import_from(other, tmp_path / "models.zip") == [Brought("mine.onnx", Outcome.TAKEN, "mine")]
    assert model_path(other, "mine").read_bytes() == DATA


def test_the_same_models_make_the_same_bundle(folder: Path, tmp_path: Path) -> None:
    (folder / "mine.onnx").write_bytes(DATA)
    write_bundle(folder, tmp_path / "a.zip")
    os.utime(folder / "mine.onnx", (1, 1))
    write_bundle(folder, tmp_path / "b.zip", ["mine", "mine"])
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.zip") as bundle:
        assert bundle.namelist() == ["mine.onnx", OWN_MANIFEST, "NOTICE.txt"]
        assert "licence: MIT" in bundle.read("NOTICE.txt").decode()


@needs_shared
def test_a_bundle_of_all_that_we_ship_names_sources_and_licences(tmp_path: Path) -> None:
    models = tmp_path / "models"
    import_from(models, SHARED.resolve())
    write_bundle(models, tmp_path / "models.zip")
    with zipfile.ZipFile(tmp_path / "models.zip") as bundle:
        notice = bundle.read("NOTICE.txt").decode()
        assert OWN_MANIFEST not in bundle.namelist()
    for spec in shipped().values():
        assert f"licence: {spec.licence}" in notice
        assert f"{spec.source} {spec.commit} {spec.path}" in notice
    import_from(tmp_path / "other", tmp_path / "models.zip")
    assert {item.presence for item in statuses(tmp_path / "other")} == {Presence.READY}


def test_a_bundle_of_what_is_missing_or_damaged_is_not_written(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "models.zip"
    with pytest.raises(BundleError, match="run menwei models pull first"):
        write_bundle(folder, out)
    with pytest.raises(ModelMissing):
        write_bundle(folder, out, ["mine"])
    (folder / "mine.onnx").write_bytes(b"damaged")
    with pytest.raises(ModelDamaged):
        write_bundle(folder, out, ["mine"])
    (folder / "mine.onnx").write_bytes(DATA)
    with pytest.raises(BundleError, match="cannot write"):
        write_bundle(folder, tmp_path / "nowhere/models.zip")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["models"]


def test_descriptions_that_differ_are_not_mixed(folder: Path, tmp_path: Path) -> None:
    (folder / "mine.onnx").write_bytes(DATA)
    write_bundle(folder, tmp_path / "models.zip")
    other = tmp_path / "other"
    other.mkdir()
    (other / OWN_MANIFEST).write_text(own_manifest(b"else", "theirs"), encoding="utf-8")
    with pytest.raises(ManifestError, match="merge the two by hand"):
        import_from(other, tmp_path / "models.zip")


def hostile(path: Path, kind: str) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED if kind == "compressed" else zipfile.ZIP_STORED) as bundle:
        bundle.writestr("../../mine.onnx", DATA if kind == "path" else bytes(len(DATA)))
        bundle.writestr("/etc/mine.onnx", DATA)
    if kind == "cut":
        path.write_bytes(path.read_bytes()[:-30])
    if kind == "damaged":
        path.write_bytes(path.read_bytes().replace(DATA, DATA[::-1]))
    if kind == "no zip":
        path.write_bytes(b"PK\x03\x04" + bytes(100))
    return path


@pytest.mark.parametrize(
    ("kind", "says"),
    [("compressed", "no bundle of Menwei's"), ("cut", "no sound bundle"), ("damaged", "CRC"), ("no zip", "no sound")],
)
def test_bundles_that_are_broken_or_hostile_are_refused(folder: Path, tmp_path: Path, kind: str, says: str) -> None:
    with pytest.raises(BundleError, match=says):
        import_from(folder, hostile(tmp_path / "b.zip", kind))
    assert not (folder / "mine.onnx").exists()


def test_names_inside_a_bundle_lead_nowhere(folder: Path, tmp_path: Path) -> None:
    brought = import_from(folder, hostile(tmp_path / "b.zip", "path"))
    assert [item.outcome for item in brought] == [Outcome.TAKEN, Outcome.PRESENT]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b.zip", "models"]
    assert sorted(path.name for path in folder.iterdir()) == [OWN_MANIFEST, "mine.onnx"]


def test_a_stick_that_cannot_be_read_is_told(folder: Path, stick: Path) -> None:
    if os.geteuid() == 0:
        shutil.rmtree(stick)
        with pytest.raises(BundleError, match="there is no"):
            import_from(folder, stick)
        return
    stick.chmod(0)
    try:
        with pytest.raises(BundleError, match="cannot read"):
            import_from(folder, stick)
    finally:
        stick.chmod(0o755)
