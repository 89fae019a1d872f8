"""Shell: `menwei analyze video CLIP`: starts the child that eats the film and passes on what it says.

Loads no native code, so the command line may import it.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from config.model import Camera, Plates

Line = dict[str, Any]


def analyze_video(
    film: Path,
    *,
    name: str,
    camera: Camera,
    plates: Plates,
    models_dir: Path,
    out: Path,
    say: Callable[[Line], None],
    worker: Sequence[str] | None = None,
) -> Line:
    """Run the duties of a camera over a film; the summary, or ``error`` with ``zh`` and ``en``.

    `say` hears each line of progress. `worker` is the command of the child.
    """
    job = {
        "film": str(film),
        "name": name,
        "camera": camera.model_dump(mode="json"),
        "plates": plates.model_dump(mode="json"),
        "models_dir": str(models_dir),
        "out": str(out),
    }
    root = str(Path(__file__).resolve().parents[1])
    search = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
    child = subprocess.Popen(  # noqa: S603
        worker or (sys.executable, "-m", "vision.watching.analyze"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONPATH": search},
    )
    assert child.stdin is not None, "a pipe was asked for"
    assert child.stdout is not None, "a pipe was asked for"
    try:
        with child.stdin as told:
            json.dump(job, told)
        last: Line = {}
        for text in child.stdout:
            last = json.loads(text)
            if "at_s" in last:
                say(last)
        return _ended(child.wait(), last)
    except BrokenPipeError:
        return _ended(child.wait(), {})
    finally:
        child.stdout.close()
        if child.poll() is None:
            child.kill()
            child.wait()


def _ended(status: int, last: Line) -> Line:
    if "error" in last or (status == 0 and "frames" in last):
        return last
    how = signal.Signals(-status).name if status < 0 else f"status {status}"
    text = {
        "zh": f"该视频使解码或识别进程异常结束（{how}）",
        "en": f"this film ended its decoder or reader ({how})",
    }
    return {"error": text}
