"""Shell: `menwei analyze plates PICTURE...`: one JSON line a picture.

A picture may come from anywhere, and image decoders are native code: decoding and reading happen in one child
process, which is started again when it dies. The picture that killed it gets an error line, the rest go on.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from typing import Any, TextIO

Answer = dict[str, Any]

_PATIENCE_S = 120.0
"""One picture takes a second; beyond this the decoder or the model hangs."""
_MAX_FILE_BYTES = 256 * 2**20
_MAX_PIXELS = 2**27
_MAX_ANSWER_BYTES = 2**20


def analyze_plates(paths: Iterable[Path], out: TextIO, *, worker: Sequence[str] | None = None) -> int:
    """Write a line per picture, flushed; exit status 1 if any could not be read.

    `worker` is the command of the child; the number of its connection's descriptor is appended.
    """
    failed = False
    with Child(worker or (sys.executable, "-m", "vision.analyze", "--worker")) as child:
        for path in paths:
            started_s = time.perf_counter()
            answer = child.ask(str(path))
            answer.setdefault("ms", round((time.perf_counter() - started_s) * 1e3, 1))
            failed |= "error" in answer
            line = {"file": str(path), "plates": [], **answer}
            out.write(json.dumps(line, ensure_ascii=False, default=str) + "\n")
            out.flush()
    return int(failed)


def failure(code: str, zh: str, en: str) -> Answer:
    """An answer that says why there is none."""
    return {"error": {"code": code, "zh": zh, "en": en}}


class Child:
    """The process that decodes and reads; started when first asked, and again after it died."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None
        self._link: Connection | None = None
        self._fatal: Answer | None = None

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def ask(self, path: str) -> Answer:
        """What the child says about a picture, or why it says nothing."""
        if self._fatal is not None:
            return dict(self._fatal)
        try:
            link = self._link or self._start()
            link.send_bytes(os.fsencode(path))
            if not link.poll(_PATIENCE_S):
                self._stop()
                return failure("timeout", f"{_PATIENCE_S:.0f} 秒内未处理完", f"not done within {_PATIENCE_S:.0f} s")
            answer: Answer = json.loads(link.recv_bytes(_MAX_ANSWER_BYTES))
        except (EOFError, ConnectionError):
            return self._died()
        if answer.pop("fatal", False):
            self._fatal = dict(answer)
        return answer

    def _start(self) -> Connection:
        ours, theirs = Pipe()
        root = str(Path(__file__).resolve().parents[1])
        search = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
        limits = {"OPENCV_IO_MAX_IMAGE_PIXELS": str(_MAX_PIXELS), "PYTHONPATH": search}
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603
                [*self._command, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,  # decoders grumble about every odd file; what counts comes as an answer
                env={**os.environ, **limits},
            )
        self._link = ours
        return ours

    def _died(self) -> Answer:
        status = self._stop()
        name = signal.Signals(-status).name if status < 0 else f"status {status}"
        return failure(
            "crashed", f"该图片使解码或识别进程崩溃（{name}）", f"this picture crashed its decoder or reader ({name})"
        )

    def _stop(self) -> int:
        """End the child; its exit status, negative for a signal."""
        process, link, self._process, self._link = self._process, self._link, None, None
        if link is not None:
            link.close()
        if process is None:
            return 0
        try:
            return process.wait(2.0)  # without its link the child ends by itself
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()


def serve(descriptor: int, answer: Callable[[str], Answer]) -> None:
    """The child's loop: a path in, an answer out, until the parent goes away."""
    with Connection(descriptor) as link:
        while True:
            try:
                path = os.fsdecode(link.recv_bytes())
                link.send_bytes(json.dumps(answer(path)).encode())
            except (EOFError, ConnectionError):
                return


def make_answerer() -> Callable[[str], Answer]:
    """Loads the reader; where that fails, every picture is answered with the reason."""
    from vision.plate_reader import ReaderError

    try:
        import cv2

        from config.model import Plates
        from vision.readers import plate_reader

        cv2.setNumThreads(1)
        reader = plate_reader(Plates())
    except ImportError as error:
        from vision.native import explain

        zh, en = explain(str(error))
        return _always({"fatal": True, **failure("native_library", zh, en)})
    except ReaderError as error:
        return _always({"fatal": True, **failure(error.code, error.zh, error.en)})
    return lambda path: _answer(reader, Path(path))


def _always(answer: Answer) -> Callable[[str], Answer]:
    return lambda _: answer


def _answer(reader: Any, path: Path) -> Answer:
    from vision.plate_reader import ReaderError

    started_s = time.perf_counter()
    try:
        plates = _read(reader, path)
    except ReaderError as error:
        return failure(error.code, error.zh, error.en)
    except FileNotFoundError:
        return failure("missing", "找不到文件，请检查路径", "no such file; check the path")
    except OSError as error:
        return failure("unreadable", f"无法读取文件：{error.strerror}", f"cannot read the file: {error.strerror}")
    return {"plates": plates, "ms": round((time.perf_counter() - started_s) * 1e3, 1)}


def _read(reader: Any, path: Path) -> list[Answer]:
    from vision.picture_file import load_picture

    picture, scale = load_picture(path, max_file_bytes=_MAX_FILE_BYTES)
    return [
        {
            "text": read.text,
            "box": [round(side * scale) for side in read.box],
            "color": read.color,
            "rows": read.rows,
            "confidence": read.confidence,
        }
        for read in reader.read(picture)
    ]


def main(arguments: list[str]) -> int:
    """`python -m vision.analyze PICTURE...`, and the child's side of it."""
    if arguments[:1] == ["--worker"]:
        serve(int(arguments[1]), make_answerer())
        return 0
    return analyze_plates([Path(argument) for argument in arguments], sys.stdout)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
