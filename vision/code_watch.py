"""Core: QR codes held to a camera, each once per showing. Time is passed in."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from config.model import Camera
from vision.frame import Frame, Image
from vision.motion import MotionGate
from vision.observations import CodeShown, Observation
from vision.pipeline import ObservedTime, region_px

GONE_AFTER_S = 3.0
"""A code that was away this long and comes again is shown again."""
TEXT_MAX = 512
"""A signed pass has about 130 characters."""
REMEMBERED_MAX = 16


class CodeReader(Protocol):
    """Finds and reads the QR codes of a picture."""

    def read(self, image: Image) -> list[str]:
        """Their texts; empty where there is none."""
        ...


class CodeWatch:
    """What is done with the frames of one camera that codes are shown to; one worker at a time."""

    def __init__(self, name: str, camera: Camera) -> None:
        self._name = name
        self._region = camera.region
        self._gate = MotionGate()
        self._time = ObservedTime(GONE_AFTER_S)
        self._seen: dict[str, float] = {}
        """Texts before the camera, and when each was seen last (observed time)."""
        self._code_s = float("-inf")

    def read(self, frame: Frame, reader: CodeReader) -> list[str] | None:
        """The texts in the region of the frame; None where the frame is not worth a read."""
        now_s = frame.captured_mono_s
        # A code held still is looked at thrice within its time, or one missed read would make it a new showing.
        held_s = GONE_AFTER_S / 3 if now_s - self._code_s < GONE_AFTER_S else None
        left, top, right, bottom = region_px(self._region, frame.image)
        crop = frame.image[top:bottom, left:right]
        if not self._gate.wants(crop, now_s, unsure=False, reread_s=held_s):
            return None
        texts = reader.read(np.ascontiguousarray(crop))
        if texts:
            self._code_s = now_s
        return texts

    def conclude(self, frame: Frame | None, reads: list[str] | None, now_s: float) -> list[Observation]:
        """The codes that are shown anew; nothing becomes known by the passing of time alone."""
        if frame is None or reads is None:
            return []
        looked_s = self._time.look(frame.captured_mono_s)
        self._seen = {text: at_s for text, at_s in self._seen.items() if looked_s - at_s <= GONE_AFTER_S}
        fresh = [text for text in reads if len(text) <= TEXT_MAX and text not in self._seen]
        self._seen |= dict.fromkeys((text for text in reads if len(text) <= TEXT_MAX), looked_s)
        while len(self._seen) > REMEMBERED_MAX:
            del self._seen[min(self._seen, key=self._seen.__getitem__)]
        return [
            CodeShown(
                camera=self._name,
                text=text,
                captured_mono_s=frame.captured_mono_s,
                captured_at_s=frame.captured_at_s,
            )
            for text in fresh
        ]
