"""Whether this machine can decode pictures, and what a user is told if not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from vision import native

X86 = "processor : 0\nvendor_id : GenuineIntel\nflags : fpu vme sse sse2 avx{}\n"


@pytest.mark.parametrize(
    ("text", "avx2"),
    [
        (X86.format(" avx2 bmi2"), True),
        (X86.format(""), False),
        (X86.format(" avx2x"), False),
        ("processor : 0\nFeatures : fp asimd\n", True),
        ("", True),
    ],
)
def test_avx2_is_read_from_the_flags(tmp_path: Path, text: str, avx2: bool) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text(text, encoding="ascii")
    assert native.has_avx2(cpuinfo) is avx2


def test_without_proc_nothing_is_claimed(tmp_path: Path) -> None:
    assert native.has_avx2(tmp_path / "absent")


@pytest.mark.parametrize("library", ["libGL.so.1", "libxcb.so.1", "libgthread-2.0.so.0", "libSM.so.6"])
def test_a_missing_library_is_answered_with_the_packages_and_the_command(library: str) -> None:
    zh, en = native.explain(f"ImportError: {library}: cannot open shared object file: No such file or directory")
    for sentence in (zh, en):
        assert library in sentence
        assert "apt-get install -y --no-install-recommends libxcb1 libgl1 libglib2.0-0" in sentence
        assert "\n" not in sentence


def test_a_broken_package_is_answered_with_its_remedy() -> None:
    zh, en = native.explain("ModuleNotFoundError: No module named 'cv2'")
    assert "pip install --force-reinstall opencv-python" in zh
    assert "pip install --force-reinstall opencv-python" in en


def test_a_processor_without_avx2_runs_and_says_so(tmp_path: Path) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text(X86.format(""), encoding="ascii")
    status = native.check(cpuinfo)
    assert status.ok and not status.avx2
    assert "AVX2" in status.zh and "AVX2" in status.en


@pytest.mark.parametrize(
    ("body", "said", "packages"),
    [
        (
            "raise ImportError('libGL.so.1: cannot open shared object file: No such file or directory')",
            "libGL.so.1",
            native.DEBIAN_PACKAGES,
        ),
        ("import os, signal; os.kill(os.getpid(), signal.SIGILL)", "illegal instruction", ()),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "signal 11", ()),
        ("raise ImportError('numpy.core.multiarray failed to import')", "numpy", ()),
        ("pass", "cv2", ()),
    ],
)
def test_an_opencv_that_fails_to_load_is_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str, said: str, packages: tuple[str, ...]
) -> None:
    (tmp_path / "cv2.py").write_text(body, encoding="ascii")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    status = native.check()
    assert not status.ok
    assert said in status.en
    assert status.zh
    assert status.missing_packages == packages


def test_the_check_imports_nothing_heavy_and_passes_here() -> None:
    code = "import sys, vision.native; print([m for m in ('cv2', 'numpy', 'onnxruntime') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"
    assert native.main([]) == 0


def test_without_root_installing_prints_one_sentence_and_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = "raise ImportError('libGL.so.1: cannot open shared object file: No such file or directory')"
    (tmp_path / "cv2.py").write_text(missing, encoding="ascii")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))  # no apt-get to be found, as on another distribution
    assert native.main(["--install"]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_root_installs_the_packages_and_fetches_the_lists_only_when_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, lists = tmp_path / "log", tmp_path / "lists"
    script = f"""#!/bin/sh
echo "$@ $DEBIAN_FRONTEND" >>{log}
case "$*" in *update*) : >{lists};; *) test -e {lists};; esac
"""
    (tmp_path / "apt-get").write_text(script, encoding="ascii")
    (tmp_path / "apt-get").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert native.install(native.DEBIAN_PACKAGES)
    assert native.install(("libgl1",))
    calls = log.read_text(encoding="ascii").splitlines()
    assert [("update" in c, "libgl1" in c) for c in calls] == [
        (False, True),
        (True, False),
        (False, True),
        (False, True),
    ]
    assert all(c.endswith("noninteractive") for c in calls)
