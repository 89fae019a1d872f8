"""Shell: `menwei analyze faces PICTURE...`: one JSON line a picture, and the same answers for an import of people.

Pictures come from anywhere: they are decoded and looked at in one child process, which is started again when a
picture ends it. This module loads no native code, so the command line may import it.
"""

from __future__ import annotations

import base64
import json
import resource
import struct
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO

from config.model_face import Faces
from vision.analyze import Answer, Child, failure, serve
from vision.confine import limit_memory
from vision.faces.words import words

_MEMORY_MB = 1024.0
_ROUND = 7
"""Digits of an embedding: as many as a float32 has."""


def analyze_faces(
    paths: Iterable[Path],
    out: TextIO,
    *,
    models_dir: Path,
    faces: Faces | None = None,
    embeddings: bool = False,
    worker: Sequence[str] | None = None,
) -> int:
    """Write a line per picture, flushed; exit status 1 if any could not be read.

    A line holds file, found, people, box, quality, problem, live and ms; with `embeddings` also the template as a
    list of numbers, which is personal data of the kind that the law protects most.
    """
    failed = False
    for answer in answers(paths, models_dir=models_dir, faces=faces, worker=worker):
        template = answer.pop("template", "")
        if embeddings and template:
            answer["embedding"] = numbers(template)
        failed |= "error" in answer
        out.write(json.dumps(answer, ensure_ascii=False) + "\n")
        out.flush()
    return int(failed)


def answers(
    paths: Iterable[Path],
    *,
    models_dir: Path,
    faces: Faces | None = None,
    enrol: bool = False,
    worker: Sequence[str] | None = None,
) -> Iterator[Answer]:
    """What the child says about each picture, in order; never raises for a picture.

    found: whether there is a face; problem: why it will not do for enrolment (a key of `vision.faces.words`), or
    empty; template: base64 of the float32 vector, little-endian, also where there is a problem; model: its embedder.
    `enrol`: better templates for twice the time, as the gallery has them.
    error: code, zh, en, where the picture or the models could not be read; its code is the problem too.
    """
    settings = (faces or Faces()).model_dump_json()
    purpose = "enrol" if enrol else "look"
    command = worker or (sys.executable, "-m", "vision.analyze_faces", "--worker", str(models_dir), settings, purpose)
    with Child(command) as child:
        for path in paths:
            started_s = time.perf_counter()
            answer = child.ask(str(path))
            answer.setdefault("ms", round((time.perf_counter() - started_s) * 1e3, 1))
            if "error" in answer:
                answer.setdefault("problem", answer["error"]["code"])
            yield {"file": str(path), "found": False, **answer}


def numbers(template: str) -> list[float]:
    """The numbers of a template in base64."""
    raw = base64.b64decode(template)
    return [round(number, _ROUND) for number in struct.unpack(f"<{len(raw) // 4}f", raw)]


def make_answerer(models_dir: Path, faces: Faces, *, enrol: bool) -> Callable[[str], Answer]:
    """Loads the models; where that fails, every picture is answered with the reason."""
    from vision.models.errors import ModelError

    try:
        import cv2

        from vision.faces.engine import FaceEngine

        cv2.setNumThreads(1)
        engine = FaceEngine(models_dir, faces)
    except ImportError as error:
        from vision.native import explain

        return _always({"fatal": True, **failure("native_library", *explain(str(error)))})
    except ModelError as error:
        return _always({"fatal": True, **failure("no_model", error.zh, error.en)})
    return lambda path: _answer(engine, Path(path), enrol)


def _always(answer: Answer) -> Callable[[str], Answer]:
    return lambda _: answer


def _answer(engine: Any, path: Path, enrol: bool) -> Answer:
    from vision.faces.pictures import PictureRefused, load

    try:
        picture = load(path)
    except PictureRefused as refused:
        return failure(refused.key, refused.zh, refused.en)
    except MemoryError:
        return failure("too_many_pixels", words("too_many_pixels").zh, words("too_many_pixels").en)
    started_s = time.perf_counter()
    sight = engine.sight(picture, mirrored=enrol)
    spent_ms = round((time.perf_counter() - started_s) * 1e3, 2)
    if sight is None:
        return {"found": False, "people": 0, "problem": "no_face", "ms": spent_ms}
    return {
        "found": True,
        "people": sight.people,
        "box": list(sight.face.box),
        "score": round(sight.face.score, 4),
        "quality": sight.quality.score,
        "problem": sight.problem,
        "live": round(sight.live, 4),
        "ms": spent_ms,
        "model": engine.model,
        "template": base64.b64encode(sight.vector.astype("<f4").tobytes()).decode("ascii"),
    }


def main(arguments: list[str]) -> int:
    """`python -m vision.analyze_faces MODELS_DIR PICTURE...`, and the child's side of it."""
    if arguments[:1] == ["--worker"]:
        _, models_dir, settings, purpose, descriptor = arguments
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold people's faces
        limit_memory(_MEMORY_MB)
        wanted = Faces.model_validate_json(settings)
        serve(int(descriptor), make_answerer(Path(models_dir), wanted, enrol=purpose == "enrol"))
        return 0
    return analyze_faces([Path(a) for a in arguments[1:]], sys.stdout, models_dir=Path(arguments[0]), embeddings=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
