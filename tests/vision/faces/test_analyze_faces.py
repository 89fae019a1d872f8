"""`menwei analyze faces`: a line per picture whatever the picture is; templates only where they are asked for."""

from __future__ import annotations

import base64
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from config.model_face import Faces
from vision.analyze_faces import analyze_faces, answers, numbers
from vision.faces.words import PROBLEMS

ROOT = Path(__file__).resolve().parents[3]
SHARED = ROOT / "../shared"
MODELS, PICTURES = SHARED / "models", SHARED / "data/faces/images"
needs_models = pytest.mark.skipif(
    not (MODELS / "yunet_n_dynamic.onnx").is_file() or not PICTURES.is_dir(),
    reason="no face models and portraits beside this checkout",
)

TEMPLATE = base64.b64encode(np.array([0.5, -0.25, 1e-9], "<f4").tobytes()).decode()
CHILD = f"""
import os, sys
from vision.analyze import serve
def answer(path):
    if "abort" in path: os.abort()
    return {{"found": True, "box": [1, 2, 3, 4], "problem": "", "template": {TEMPLATE!r}, "ms": 1.0}}
serve(int(sys.argv[1]), answer)
"""


@pytest.fixture
def child(tmp_path: Path) -> list[str]:
    script = tmp_path / "child.py"
    script.write_text(CHILD, encoding="utf-8")
    return [sys.executable, str(script)]


def run(*paths: Path | str, models: Path = MODELS, **options: Any) -> tuple[int, list[dict[str, Any]]]:
    out = io.StringIO()
    status = analyze_faces([Path(path) for path in paths], out, models_dir=models, **options)
    return status, [json.loads(line) for line in out.getvalue().splitlines()]


def test_the_picture_that_kills_the_child_is_named_and_the_rest_go_on(child: list[str]) -> None:
    status, lines = run("a.jpg", "abort.jpg", "b.jpg", worker=child)
    assert status == 1
    assert [(line["file"], line["found"]) for line in lines] == [
        ("a.jpg", True),
        ("abort.jpg", False),
        ("b.jpg", True),
    ]
    assert lines[1]["problem"] == lines[1]["error"]["code"] == "crashed"


def test_templates_are_printed_only_where_they_are_asked_for(child: list[str]) -> None:
    _, (line,) = run("a.jpg", worker=child)
    assert "embedding" not in line and "template" not in line and TEMPLATE not in json.dumps(line)
    _, (line,) = run("a.jpg", worker=child, embeddings=True)
    assert line["embedding"] == pytest.approx([0.5, -0.25, 1e-9], abs=1e-7)
    assert numbers(TEMPLATE) == line["embedding"]


def test_the_command_line_loads_no_native_code() -> None:
    program = "import sys, vision.analyze_faces; print(sorted({'cv2', 'numpy', 'onnxruntime'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_missing_models_are_said_for_every_picture_with_the_remedy(tmp_path: Path) -> None:
    status, lines = run("a.jpg", "b.jpg", models=tmp_path / "none")
    assert status == 1
    for line in lines:
        assert line["problem"] == line["error"]["code"] == "no_model"
        assert "menwei models pull" in line["error"]["zh"] and "menwei models pull" in line["error"]["en"]


@needs_models
def test_a_portrait_a_wall_and_rubbish_have_a_line_each(tmp_path: Path) -> None:
    portrait = PICTURES / "cn_102_1.jpg"
    wall, text, cut = tmp_path / "wall.png", tmp_path / "text.jpg", tmp_path / "门.jpg"
    wall.write_bytes(cv2.imencode(".png", np.full((200, 300, 3), 90, np.uint8))[1].tobytes())
    text.write_bytes(b"this is no picture")
    cut.write_bytes(portrait.read_bytes()[:2000])
    status, lines = run(portrait, wall, text, cut, tmp_path / "absent.jpg")
    assert status == 1
    assert [line["file"] for line in lines][3] == str(cut)
    assert [line["problem"] for line in lines] == ["", "no_face", "not_a_picture", "broken", "unreadable"]
    assert [line["found"] for line in lines] == [True, False, False, False, False]
    face = lines[0]
    assert face["people"] == 1 and 0.5 <= face["quality"] <= 1 and 0 <= face["live"] <= 1 and face["ms"] > 0
    x1, y1, x2, y2 = face["box"]
    assert x1 < x2 and y1 < y2
    assert all(line["problem"] in PROBLEMS for line in lines[1:])


@needs_models
def test_enrolment_makes_the_template_that_the_engine_makes(tmp_path: Path) -> None:
    from vision.faces.engine import FaceEngine
    from vision.faces.pictures import load

    path = PICTURES / "cn_102_1.jpg"
    engine = FaceEngine(MODELS, Faces())
    probe = engine.probe(load(path), live=False)
    assert probe.vector is not None
    (enrolled,) = answers([path], models_dir=MODELS, enrol=True)
    (looked,) = answers([path], models_dir=MODELS)
    assert enrolled["model"] == engine.model
    assert np.allclose(numbers(enrolled["template"]), probe.vector, atol=1e-5)
    assert 0.9 < float(np.dot(numbers(looked["template"]), numbers(enrolled["template"]))) < 0.99999


@needs_models
def test_the_lines_are_those_that_the_scorer_reads(tmp_path: Path) -> None:
    names = [*sorted(path.name for path in PICTURES.glob("orl_s2_*.png"))[:3], "cn_102_1.jpg"]
    split = tmp_path / "split"
    split.mkdir()
    (split / "images").symlink_to(PICTURES.resolve())
    rows = [f"images/{name},{name.rsplit('_', 1)[0]},x" for name in names]
    (split / "people.csv").write_text("file,identity,source\n" + "\n".join(rows) + "\n")
    pairs = [f"images/{a},images/{b},{int(a[:4] == b[:4])},x" for a in names for b in names if a < b]
    (split / "pairs.csv").write_text("a,b,same,source\n" + "\n".join(pairs) + "\n")
    roles = ["gallery", "probe", "probe", "unknown"]
    identify = [f"{row.rsplit(',', 1)[0]},{role},x" for row, role in zip(rows, roles, strict=True)]
    (split / "identify.csv").write_text("file,identity,role,source\n" + "\n".join(identify) + "\n")
    out = io.StringIO()
    paths = [split / "images" / name for name in names]
    assert analyze_faces(paths, out, models_dir=MODELS, embeddings=True) == 0
    (tmp_path / "results.jsonl").write_text(out.getvalue().replace(f"{split}/", ""))
    command = [sys.executable, SHARED / "tools/eval_faces.py", split, "--results", tmp_path / "results.jsonl"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    said = {key: value for line in done.stdout.splitlines() for key, value in json.loads(line).items()}
    assert said["found"] == {"source": "x", "pictures": 4, "found": 4}
    assert said["identification"]["rank1"] == 1.0
    assert said["ms_per_face"]["median"] > 0
