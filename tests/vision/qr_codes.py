"""QR codes drawn by segno, an encoder that has nothing in common with the readers."""

from __future__ import annotations

import io

import cv2
import numpy as np
import pytest

from tests.vision.clips import Image

segno = pytest.importorskip("segno", reason="segno draws the test codes")

TOKEN = "MW1:" + "".join("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"[n * n % 45] for n in range(126))
"""As long as a signed pass in base45, and of its alphabet: QR version 6."""


def code(text: str = TOKEN, module_px: int = 4) -> Image:
    """A code with its quiet zone, BGR."""
    held = io.BytesIO()
    segno.make(text, error="m", micro=False).save(held, kind="png", scale=module_px, border=4)
    picture = cv2.imdecode(np.frombuffer(held.getvalue(), np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return np.asarray(picture, np.uint8)


def held_up(shown: Image | None, width: int = 640, height: int = 480, at: tuple[int, int] = (200, 80)) -> Image:
    """A grey scene with structure; a code at x, y."""
    scene = np.tile(np.linspace(60, 160, width, dtype=np.uint8)[None, :, None], (height, 1, 3))
    scene = np.ascontiguousarray(scene)
    if shown is not None:
        scene[at[1] : at[1] + shown.shape[0], at[0] : at[0] + shown.shape[1]] = shown
    return scene
