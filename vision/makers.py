"""Shell: makes what the start message names as ``module:factory``; native code is loaded only then."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from config.model import Duty
from vision.observations import DutyOff, Observation
from vision.wire import StartMessage

if TYPE_CHECKING:
    from vision.code_watch import CodeReader
    from vision.faces.watch import FaceReader
    from vision.plate_reader import PlateReader
    from vision.watching.duty import MakeWatches


def reader_maker(start: StartMessage, say: Callable[[Observation], None]) -> Callable[[], PlateReader | None]:
    """A function that makes one plate reader per call; the first failure switches the duty off and says so."""
    return _maker(start, say, Duty.PLATES, start.reader, (start.plates,))


def code_reader_maker(start: StartMessage, say: Callable[[Observation], None]) -> Callable[[], CodeReader | None]:
    """The same for readers of QR codes."""
    return _maker(start, say, Duty.QR, start.code_reader, ())


def face_reader_maker(start: StartMessage, say: Callable[[Observation], None]) -> Callable[[], FaceReader | None]:
    """The same for readers of faces."""
    return _maker(start, say, Duty.FACES, start.face_reader, (start.models_dir or Path("models"), start.faces))


def watch_maker(start: StartMessage) -> MakeWatches:
    """A function that makes the watches of a camera."""
    module, _, factory = start.watcher.partition(":")
    made: MakeWatches = getattr(importlib.import_module(module), factory)(start.models_dir)
    return made


def _maker(
    start: StartMessage, say: Callable[[Observation], None], duty: Duty, place: str, given: tuple[object, ...]
) -> Callable[[], Any]:
    lock = threading.Lock()
    said = False

    def make() -> Any:
        nonlocal said
        module, _, factory = place.partition(":")
        try:
            return getattr(importlib.import_module(module), factory)(*given)
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001  # whatever a reader lacks, the cameras go on without it
            with lock:
                first, said = not said, True
            if first:
                _duty_off(start, say, duty, f"{type(error).__name__}: {error}")
            return None

    return make


def _duty_off(start: StartMessage, say: Callable[[Observation], None], duty: Duty, reason: str) -> None:
    for name, camera in start.cameras.items():
        if duty in camera.duties:
            say(DutyOff(camera=name, duty=duty, reason=reason[:500]))
