"""Core: is what the camera shows a picture of the world? Finds black and frozen pictures.

The hold-off is the camera's ``lost_after_s``: `reconnect` says lost only when nothing usable came that long.

Thresholds, in grey levels 0 to 255, and why:

* **black**: on a copy averaged down to 160 px (sensor noise is gone) the darkest and brightest per cent lie less
  than 6 levels apart: a lens that is covered, a picture without light, the grey of a decoder without data. The
  outer per cents are left out because a clock burnt into a black picture must not hide the fault; a dim yard
  with one lamp still has more range than that.
* **frozen**: on a copy *sampled* at 320 px (averaging would hide sensor noise) no pixel differs by more than 2
  from the picture at which the stillness began, for 20 s. Sensor noise, even after an encoder at a low bit
  rate, keeps at least one of the 57,600 samples moving by 3 or more; so does a clock burnt into the picture.
  20 s, because some cameras send a full picture only every 12 s and copy in between. A sensor that hangs
  behind an encoder that keeps stirring its last picture is not caught: it cannot be told from a quiet night,
  and a false alarm each night costs more than that. Only live sources can be frozen; a film may stand still.

Garbage (bytes without pictures) is found by the source.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.frame import Image
from vision.observations import CameraFault

SAMPLE_PERIOD_S = 0.5
FLAT_RANGE = 6.0
NIGHT_LEVEL = 40.0
FROZEN_DIFFERENCE = 2.0
FROZEN_AFTER_S = 20.0
_AVERAGED_PX, _SAMPLED_PX = 160, 320

Verdict = tuple[CameraFault, str]


def dark_fault(image: Image) -> str | None:
    """Why this picture (HxWx3 BGR uint8) is without light or structure, or None."""
    grey = _small_grey(image, _AVERAGED_PX, cv2.INTER_AREA)
    low, high = np.percentile(grey, (1, 99))
    if high - low >= FLAT_RANGE:
        return None
    if high < NIGHT_LEVEL:
        return f"画面全黑，请查镜头与灯光 / picture is black (level {high:.0f} of 255); check lens and light"
    return f"画面无内容，镜头可能被遮 / picture without structure (level {high:.0f} of 255); is the lens covered?"


def _small_grey(image: Image, width_px: int, how: int) -> NDArray[np.uint8]:
    height_px = max(1, round(image.shape[0] * width_px / image.shape[1]))
    small = cv2.resize(image, (width_px, height_px), interpolation=how)
    return cv2.cvtColor(small, cv2.COLOR_BGR2GRAY)  # type: ignore[return-value]  # uint8 in, uint8 out


def _furthest(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    return float(cv2.norm(one, other, cv2.NORM_INF))


class HealthCheck:
    """Judges one camera's pictures; looks at two a second."""

    def __init__(self, *, live: bool) -> None:
        self._live = live
        self._looked_s = float("-inf")
        self._still: NDArray[np.uint8] | None = None
        self._still_since_s = 0.0
        self._verdict: Verdict | None = None

    def look(self, image: Image, now_s: float) -> Verdict | None:
        """The fault that holds after this picture, or None; a good picture clears it at once."""
        if now_s - self._looked_s < SAMPLE_PERIOD_S:
            return self._verdict
        self._looked_s = now_s
        dark = dark_fault(image)
        self._verdict = (CameraFault.BLACK, dark) if dark else self._frozen(image, now_s)
        return self._verdict

    def _frozen(self, image: Image, now_s: float) -> Verdict | None:
        if not self._live:
            return None
        sampled = _small_grey(image, _SAMPLED_PX, cv2.INTER_NEAREST)
        still = self._still
        if still is None or still.shape != sampled.shape or _furthest(sampled, still) > FROZEN_DIFFERENCE:
            self._still, self._still_since_s = sampled, now_s
            return None
        held_s = now_s - self._still_since_s
        if held_s < FROZEN_AFTER_S:
            return None
        return CameraFault.FROZEN, f"画面 {held_s:.0f} 秒不变 / picture has not changed for {held_s:.0f} s"
