"""What looking after a camera's view costs against decoding its pictures, in CPU time of the same run.

    python -m benchmarks.view_health [--seconds 20]

A rendered 1080p25 H.264 film of a street is decoded whole (every picture converted, as a duty would have it); the
watch looks at the pictures that a camera with ``fps_max`` 8 delivers. Prints one JSON line.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path

import cv2
import numpy as np

from benchmarks.eyes import write_film
from vision.frame import Image
from vision.health import HealthCheck
from vision.view_watch import ViewWatch

FPS, FPS_MAX = 25, 8.0


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=int, default=20)
    seconds = parser.parse_args().seconds
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as folder:
        film = Path(folder) / "film.mp4"
        write_film(film, "libx264")
        print(json.dumps(measured(film, seconds)))


def measured(film: Path, seconds: int) -> dict[str, float]:
    """CPU seconds of decoding, of the watch, of the older checks, and their ratios to decoding."""
    capture = cv2.VideoCapture(str(film))
    watch, health = ViewWatch(fps_asked=FPS_MAX, live=False), HealthCheck(live=True)
    spent = {"decode": 0.0, "view": 0.0, "picture": 0.0}
    due_s = 0.0
    for number in range(seconds * FPS):
        started = time.process_time()
        ok, image = capture.read()
        if not ok:
            capture.set(cv2.CAP_PROP_POS_FRAMES, 0)
            ok, image = capture.read()
        spent["decode"] += time.process_time() - started
        if number / FPS < due_s:
            continue
        due_s += 1 / FPS_MAX
        picture: Image = np.asarray(image, np.uint8)
        started = time.process_time()
        watch.look(picture, number / FPS)
        middle = time.process_time()
        health.look(picture, number / FPS)
        spent["view"] += middle - started
        spent["picture"] += time.process_time() - middle
    capture.release()
    ratios = {f"{name}_to_decode": round(spent[name] / spent["decode"], 4) for name in ("view", "picture")}
    return {**{f"{name}_s": round(value, 3) for name, value in spent.items()}, **ratios}


if __name__ == "__main__":
    main()
