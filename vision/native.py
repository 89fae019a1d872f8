"""Shell: the system libraries that the picture decoder needs, and whether this machine has them.

The `opencv-python` wheel is linked against X and OpenGL although nothing here opens a window; a bare Debian has
none of them. `python -m vision.native` says what is missing, `--install` puts it right where it may.
See docs/system-libraries.md for how the list was found.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

PACKAGES = {
    "libxcb.so.1": "libxcb1",
    "libGL.so.1": "libgl1",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgthread-2.0.so.0": "libglib2.0-0",
}
"""Shared libraries that cv2 needs from the system, and the Debian and Ubuntu packages that hold them."""

DEBIAN_PACKAGES = tuple(dict.fromkeys(PACKAGES.values()))

_IMPORT_TIMEOUT_S = 120.0
_APT_TIMEOUT_S = 900.0
_LIBRARY = re.compile(r"(lib[\w.+-]+\.so[\w.]*): cannot open shared object file")


@dataclass(frozen=True, slots=True)
class NativeStatus:
    """Whether the native parts run here; `zh` and `en` are one sentence each, empty if all is well."""

    ok: bool
    zh: str = ""
    en: str = ""
    missing_packages: tuple[str, ...] = ()
    """Debian packages to install."""
    avx2: bool = True
    """Without AVX2 reading takes several times as long."""
    version: str = ""
    """Of OpenCV, if it runs."""


def check(cpuinfo: Path = Path("/proc/cpuinfo")) -> NativeStatus:
    """Import cv2 in a process of its own, so that a crash there stays there."""
    avx2 = has_avx2(cpuinfo)
    try:
        done = subprocess.run(
            [sys.executable, "-c", "import cv2; print(cv2.__version__, callable(cv2.imdecode))"],
            capture_output=True,
            text=True,
            timeout=_IMPORT_TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return NativeStatus(False, "加载 OpenCV 超时。", "loading OpenCV took too long.", avx2=avx2)
    if done.returncode == 0:
        zh, en = ("", "") if avx2 else _SLOW_CPU
        return NativeStatus(True, zh, en, avx2=avx2, version=done.stdout.split()[0])
    if done.returncode < 0:
        zh, en = _ILLEGAL if -done.returncode == 4 else _crash(-done.returncode)
        return NativeStatus(False, zh, en, avx2=avx2)
    lines = done.stderr.strip().splitlines() or ["?"]
    zh, en = explain(lines[-1])
    packages = DEBIAN_PACKAGES if _LIBRARY.search(lines[-1]) else ()
    return NativeStatus(False, zh, en, packages, avx2)


_SLOW_CPU = (
    "此处理器没有 AVX2 指令，识别会慢数倍。",
    "this processor has no AVX2 instructions, reading will take several times as long.",
)
_ILLEGAL = (
    "此处理器缺少 OpenCV 安装包所需的指令集（非法指令），请更换处理器或自行编译 OpenCV。",
    "this processor lacks instructions that the OpenCV wheel needs (illegal instruction);"
    " use another one or build OpenCV for it.",
)


def _crash(number: int) -> tuple[str, str]:
    return f"加载 OpenCV 时进程崩溃（信号 {number}）。", f"loading OpenCV crashed (signal {number})."


def explain(message: str) -> tuple[str, str]:
    """An ImportError's text as one sentence with the remedy, in Chinese and English."""
    found = _LIBRARY.search(message)
    if found:
        command = f"apt-get install -y --no-install-recommends {' '.join(DEBIAN_PACKAGES)}"
        return (
            f"缺少系统库 {found[1]}，请以 root 执行：{command}",
            f"the system library {found[1]} is missing; run as root: {command}",
        )
    if "numpy" in message or "cv2" in message or "onnxruntime" in message:
        return (
            f"Python 组件无法加载（{message}），请执行：pip install --force-reinstall opencv-python",
            f"a Python package cannot be loaded ({message}); run: pip install --force-reinstall opencv-python",
        )
    return f"无法加载识别组件：{message}", f"the reader's parts cannot be loaded: {message}"


def has_avx2(cpuinfo: Path = Path("/proc/cpuinfo")) -> bool:
    """Whether the processor states AVX2; True where it states no x86 flags at all (ARM, no /proc)."""
    try:
        text = cpuinfo.read_text(encoding="ascii", errors="replace")
    except OSError:
        return True
    flags = re.search(r"^flags\s*:(.*)$", text, re.MULTILINE)
    return flags is None or "avx2" in flags[1].split()


def can_install() -> bool:
    """Whether apt-get may be run here."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def install(packages: tuple[str, ...]) -> bool:
    """Install Debian packages without questions; the package lists are fetched when they are absent or old."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}

    def apt(*arguments: str) -> bool:
        command = ["apt-get", "-o", "DPkg::Lock::Timeout=120", *arguments]
        try:
            return subprocess.run(command, env=environment, timeout=_APT_TIMEOUT_S, check=False).returncode == 0  # noqa: S603
        except (OSError, subprocess.TimeoutExpired) as error:
            sys.stderr.write(f"{' '.join(command)}: {error}\n")
            return False

    wanted = ("install", "-y", "-q", "--no-install-recommends", *packages)
    return apt(*wanted) or (apt("update", "-q") and apt(*wanted))


def main(arguments: list[str]) -> int:
    """Exit status 0 if pictures can be decoded here (after installing, with `--install`), else 1."""
    status = check()
    if not status.ok and status.missing_packages and "--install" in arguments and can_install():
        install(status.missing_packages)
        status = check()
    if status.en:
        sys.stderr.write(f"{status.zh} / {status.en}\n")
    return 0 if status.ok else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
