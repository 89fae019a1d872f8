"""Who may import whom (docs/architecture.md), and how long a file may be."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("config", "vision", "devices", "sync", "edge")
MAY_IMPORT = {
    "config": {"config"},
    "vision": {"vision", "config"},
    "devices": {"devices", "config"},
    "sync": {"sync", "config"},
    "edge": set(ROOMS),
}
MUST_NOT_IMPORT = {
    "config": {"cv2", "numpy", "fastapi", "serial", "sqlite3", "sqlite_utils", "onnxruntime"},
    "vision": {"fastapi", "uvicorn", "serial", "sqlite3", "sqlite_utils"},
    "devices": {"cv2", "numpy", "onnxruntime", "fastapi", "sqlite3", "sqlite_utils"},
    "sync": {"cv2", "onnxruntime", "serial"},
    "edge": {"serial", "sqlite3", "sqlite_utils", "onnxruntime", "rapidocr"},
}
# The rendered world of the demonstration is a process of its own that draws pictures.
DRAWS = ("edge/demo/world",)
# What a core module may use from outside: arithmetic, never the world.
CORE_BARRED = {
    "asyncio", "threading", "multiprocessing", "subprocess", "socket", "select", "time", "serial",
    "sqlite3", "sqlite_utils", "fastapi", "uvicorn", "os", "shutil", "signal", "random", "secrets",
}  # fmt: skip
LONG_FILES: dict[str, str] = {}
"""Files over 300 lines, each with its reason."""


def sources() -> list[Path]:
    return sorted(p for room in ROOMS for p in (ROOT / room).rglob("*.py") if "node_modules" not in p.parts)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imports_of(tree: ast.AST) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute, so that this test sees them"
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module or ""}
    return found


def is_core(tree: ast.Module) -> bool:
    return "Core:" in (ast.get_docstring(tree) or "")


TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in sources()}
CORE_MODULES = {name_of(path).removesuffix(".py").replace("/", ".") for path, tree in TREES.items() if is_core(tree)}


@pytest.mark.parametrize("path", TREES, ids=name_of)
def test_imports_point_one_way(path: Path) -> None:
    room = path.relative_to(ROOT).parts[0]
    tops = {name.split(".")[0] for name in imports_of(TREES[path])}
    assert not (tops & set(ROOMS)) - MAY_IMPORT[room]
    assert not tops & MUST_NOT_IMPORT[room]
    if room == "edge" and not name_of(path).startswith(DRAWS):
        assert not tops & {"cv2", "numpy"}


@pytest.mark.parametrize("path", [p for p in TREES if is_core(TREES[p])], ids=name_of)
def test_core_modules_touch_no_world_and_import_only_core(path: Path) -> None:
    names = imports_of(TREES[path])
    assert not {name.split(".")[0] for name in names} & CORE_BARRED
    ours = {name for name in names if name.split(".")[0] in ROOMS}
    modules = {name for name in ours if (ROOT / f"{name.replace('.', '/')}.py").exists()}
    # Settings are plain data; packages carry no code.
    assert modules - CORE_MODULES == set()
    opened = [n for n in ast.walk(TREES[path]) if isinstance(n, ast.Call) and getattr(n.func, "id", "") == "open"]
    assert not opened


@pytest.mark.parametrize("path", TREES, ids=name_of)
def test_files_stay_short(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= 300 or name_of(path) in LONG_FILES


def test_there_are_no_import_cycles() -> None:
    modules = {name_of(p).removesuffix(".py").replace("/", "."): p for p in TREES}
    graph = {name: imports_of(TREES[path]) & set(modules) - {name} for name, path in modules.items()}
    done: set[str] = set()

    def visit(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, f"cycle: {' -> '.join((*path[path.index(name) :], name))}"
        if name not in done:
            for other in sorted(graph[name]):
                visit(other, (*path, name))
            done.add(name)

    for name in sorted(graph):
        visit(name, ())


@pytest.mark.parametrize("room", ROOMS)
def test_nothing_shadows_our_rooms(room: str) -> None:
    module = importlib.import_module(room)
    assert Path(module.__file__ or "").resolve().is_relative_to(ROOT)


def test_the_hub_never_loads_native_picture_code() -> None:
    """A picture that crashes a decoder must not touch a lane: the hub's process holds no such code."""
    program = (
        "import sys, edge.run.app, edge.cli.main, edge.run.eyes_link; "
        "print(sorted({'cv2', 'onnxruntime', 'numpy', 'rapidocr'} & set(sys.modules)))"
    )
    out = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
