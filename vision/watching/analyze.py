"""Shell: a camera's duties over a recording, as if live; the child's side of ``menwei analyze video``.

    python -m vision.watching.analyze < job.json

A film may come from anywhere, and decoders are native code: this runs in a process of its own, bounded in memory. It
writes ``events.jsonl``, ``pictures/`` and ``timings.json`` into the folder of the job and a line of JSON for each
tenth of the film to standard output; the last line is the summary.
"""

from __future__ import annotations

import json
import resource
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

import cv2

from config.model import Camera, Duty, Plates
from vision.code_watch import CodeWatch
from vision.confine import limit_memory
from vision.errors import SourceError
from vision.frame import Frame
from vision.models.errors import ModelError
from vision.observations import Observation
from vision.pipeline import Pipeline
from vision.plate_reader import ReaderError
from vision.readers import plate_reader
from vision.watching.detectors import watch_maker
from vision.watching.film import Spent, Told, run_film
from vision.watching.watches import WATCHING, CameraWatches, Thinned

MEMORY_MB = 2048.0
PICTURES_MAX = 2000
"""Written to the folder; further ones are counted only."""
SKIPPED = {Duty.FACES: ("人脸须在网关上识别", "faces are recognised at the gateway only: the enrolled are there")}


class _Duties:
    """The duties of one camera that need nothing but its pictures."""

    def __init__(self, name: str, camera: Camera, plates: Plates, models_dir: Path | None) -> None:
        self._watches: CameraWatches | None = None
        if WATCHING & set(camera.duties):
            self._watches = watch_maker(models_dir)(name, camera, "film")
        self._thin = Thinned(camera.fps_max)
        self._plates = Pipeline(name, camera, plates, visit_prefix="film") if Duty.PLATES in camera.duties else None
        self._reader = plate_reader(plates) if self._plates is not None else None
        self._codes = CodeWatch(name, camera) if Duty.QR in camera.duties else None
        self._code_reader = _code_reader() if self._codes is not None else None

    def look(self, frame: Frame) -> list[Observation]:
        """What has become known by this frame."""
        said: list[Observation] = [*self._watches.look(frame)] if self._watches is not None else []
        now_s = frame.captured_mono_s
        if not self._thin.wants(now_s):
            return said
        if self._plates is not None and self._reader is not None:
            said += self._plates.conclude(frame, self._plates.read(frame, self._reader), now_s)
        if self._codes is not None and self._code_reader is not None:
            said += self._codes.conclude(frame, self._codes.read(frame, self._code_reader), now_s)
        return said

    def expire(self, now_s: float) -> list[Observation]:
        """What has become known because time passed."""
        said: list[Observation] = [*self._watches.expire(now_s)] if self._watches is not None else []
        for steps in (self._plates, self._codes):
            said += steps.conclude(None, None, now_s) if steps is not None else []
        return said


def _code_reader() -> Any:
    from vision.qr import zxing_reader

    return zxing_reader()


class _Folder:
    """Where it is written."""

    def __init__(self, out: Path) -> None:
        self._out = out
        (out / "pictures").mkdir(parents=True, exist_ok=True)
        self._lines = (out / "events.jsonl").open("w", encoding="utf-8")
        self.events, self.pictures = 0, 0

    def write(self, told: Told) -> None:
        """One line, and its picture as a file."""
        self.events += 1
        said = asdict(told.said)
        fields = {name: value for name, value in said.items() if not isinstance(value, bytes)}
        jpeg = next((value for value in said.values() if isinstance(value, bytes) and value), b"")
        line = {"film_s": round(told.film_s, 3), "what": type(told.said).__name__, **fields}
        if jpeg:
            self.pictures += 1
            if self.pictures <= PICTURES_MAX:
                line["picture"] = f"pictures/{self.events:04d}-{type(told.said).__name__}.jpg"
                (self._out / line["picture"]).write_bytes(jpeg)
        self._lines.write(json.dumps(line, ensure_ascii=False, default=str) + "\n")
        self._lines.flush()

    def close(self, timings: dict[str, Any]) -> None:
        self._lines.close()
        (self._out / "timings.json").write_text(json.dumps(timings, indent=1, ensure_ascii=False) + "\n")


def analyze(job: dict[str, Any], out: TextIO) -> int:
    """Run one job; its last line of output is the summary or an error with ``zh`` and ``en``."""
    camera = Camera.model_validate(job["camera"])
    duties = _Duties(job["name"], camera, Plates.model_validate(job["plates"]), _path(job["models_dir"]))
    folder, spent = _Folder(Path(job["out"])), Spent()
    progress = _Progress(out)
    try:
        for told in run_film(Path(job["film"]), job["name"], duties, spent, before=progress.at):
            folder.write(told)
    except SourceError as error:
        return _say(out, {"error": {"zh": error.zh, "en": error.en}}, 1)
    if not spent.frames:
        return _say(out, {"error": {"zh": "视频里没有画面", "en": "no picture in this film"}}, 1)
    timings = timings_of(spent)
    folder.close(timings)
    skipped = [{"duty": d.value, "zh": zh, "en": en} for d, (zh, en) in SKIPPED.items() if d in camera.duties]
    return _say(out, {"events": folder.events, "pictures": folder.pictures, "skipped": skipped, **timings}, 0)


def timings_of(spent: Spent) -> dict[str, Any]:
    """What the run has cost: CPU seconds of this process, one thread."""
    cpu_s = spent.decode_s + spent.watch_s
    return {
        "frames": spent.frames,
        "frames_damaged": spent.damaged,
        "film_s": round(spent.film_s, 3),
        "size_px": [spent.width, spent.height],
        "decode_cpu_s": round(spent.decode_s, 3),
        "duties_cpu_s": round(spent.watch_s, 3),
        "cpu_to_decoding": round(spent.ratio, 3),
        "cores_live": round(cpu_s / spent.film_s, 3) if spent.film_s else None,
        "frame_ms_mean": round(1e3 * spent.watch_s / max(1, spent.frames), 2),
        "frame_ms_max": round(spent.look_ms_max, 1),
        "wall_s": round(spent.wall_s, 2),
    }


class _Progress:
    """A line now and then, so that nobody thinks it hangs."""

    def __init__(self, out: TextIO) -> None:
        self._out, self._due_s, self._step_s = out, 60.0, 60.0

    def at(self, film_s: float) -> None:
        if film_s >= self._due_s:
            self._due_s = film_s + self._step_s
            _say(self._out, {"at_s": round(film_s)}, 0)


def _say(out: TextIO, line: dict[str, Any], status: int) -> int:
    out.write(json.dumps(line, ensure_ascii=False) + "\n")
    out.flush()
    return status


def _path(text: str | None) -> Path | None:
    return Path(text) if text else None


def main() -> int:
    """The job comes as JSON on standard input: a camera's source may hold a password."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    limit_memory(MEMORY_MB)
    cv2.setNumThreads(1)
    job = json.load(sys.stdin)
    try:
        return analyze(job, sys.stdout)
    except (ReaderError, ModelError) as error:
        return _say(sys.stdout, {"error": {"zh": error.zh, "en": error.en}}, 1)
    except OSError as error:
        reason = error.strerror or str(error)
        text = {"zh": f"无法写入 {job['out']}：{reason}", "en": f"cannot write {job['out']}: {reason}"}
        return _say(sys.stdout, {"error": text}, 1)


if __name__ == "__main__":
    sys.exit(main())
