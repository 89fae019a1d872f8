"""What a look costs beside the embedding alone, for benchmarks/faces.py: one thread, spinning off, CPU time."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import cv2
import numpy as np

from vision.commands import GalleryPart
from vision.faces.align import aligned
from vision.faces.engine import FaceEngine
from vision.faces.gallery import GalleryBuilder

Image = np.ndarray[Any, np.dtype[np.uint8]]
ENROLLED = 10_000
_ROUNDS = 5


def scene(image: Image, side_px: int) -> Image:
    """The picture in a 640x480 frame, so high that a portrait's aligned square is about `side_px`."""
    height = min(480, round(side_px * 1.85))
    width = min(640, round(image.shape[1] * height / image.shape[0]))
    frame = np.random.default_rng(3).integers(90, 130, (480, 640, 3)).astype(np.uint8)
    frame = np.asarray(cv2.GaussianBlur(frame, (0, 0), 2), np.uint8)
    left = (640 - width) // 2
    frame[480 - height :, left : left + width] = cv2.resize(image, (width, height), interpolation=cv2.INTER_CUBIC)
    return frame


def measure(engine: FaceEngine, pictures: Sequence[Image]) -> None:
    """Print find + align + judge + embed + search as a ratio to the embedding alone, first sight and while looking."""
    rng = np.random.default_rng(5)
    vectors = rng.standard_normal((ENROLLED, engine.dim)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    gallery = GalleryBuilder().take(
        GalleryPart(
            version=1,
            part=0,
            parts=1,
            model=engine.model,
            dim=engine.dim,
            people=tuple(f"p{number}" for number in range(ENROLLED)),
            negative=(),
            vectors=vectors.astype("<f4").tobytes(),
        )
    )
    if gallery is None:
        raise SystemExit("the gallery is not complete")
    print(f"\n640x480, {ENROLLED} enrolled, CPU time of one thread over the embedding alone in the same loop (medians)")
    print(
        f"{'aligned side':>12}{'first sight':>13}{'while looking':>15}{'embedding ms':>14}{'liveness':>10}{'faces':>7}"
    )
    for side_px in (55, 80, 110, 160, 240):
        first, looking, alone, live = [], [], [], []
        for frame in (scene(image, side_px) for image in pictures):
            faces = engine.find(frame)
            if not faces:
                continue
            crop = aligned(frame, faces[0].points)
            for _ in range(_ROUNDS):
                # Copies, so that nothing that the engine remembers of a frame helps.
                fresh, again = frame.copy(), frame.copy()
                first.append(_ms(lambda: _look(engine, fresh, gallery.match)))  # noqa: B023
                alone.append(_ms(lambda: engine.embedding(crop)))  # noqa: B023
                looking.append(_ms(lambda: _look(engine, again, gallery.match, faces[0])))  # noqa: B023
                live.append(_ms(lambda: engine.live(again, faces[0])))  # noqa: B023
        base = float(np.median(alone))
        ratios = [float(np.median(spent)) / base for spent in (first, looking)]
        print(
            f"{side_px:>12}{ratios[0]:>13.2f}{ratios[1]:>15.2f}{base:>14.2f}"
            f"{float(np.median(live)) / base:>10.2f}{len(first) // _ROUNDS:>7}",
            flush=True,
        )


def _look(engine: FaceEngine, frame: Image, match: Callable[[Any], Any], before: Any = None) -> None:
    face = engine.again(frame, before) if before is not None else next(iter(engine.find(frame)), None)
    if face is None:
        raise SystemExit("the face was lost")
    vector, _ = engine.template(frame, face)
    match(vector)


def _ms(work: Callable[[], Any]) -> float:
    started_s = time.process_time()
    work()
    return (time.process_time() - started_s) * 1e3
