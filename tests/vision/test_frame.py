"""The rules that every picture keeps."""

from __future__ import annotations

import numpy as np
import pytest

from vision.frame import Frame, image_fault, size_fault


def picture(height: int, width: int, *rest: int, kind: type = np.uint8) -> np.ndarray:
    return np.zeros((height, width, *rest), kind)


@pytest.mark.parametrize(
    ("image", "sound"),
    [
        (picture(48, 64, 3), True),
        (picture(3072, 4096, 3), True),
        (picture(47, 64, 3), False),
        (picture(48, 63, 3), False),
        (picture(48, 4097, 3), False),
        (picture(480, 640), False),
        (picture(480, 640, 4), False),
        (picture(480, 640, 3, kind=np.float32), False),
        (None, False),
    ],
)
def test_what_is_a_picture(image: object, sound: bool) -> None:
    assert (image_fault(image) is None) is sound
    if not sound:
        with pytest.raises(ValueError, match="no picture"):
            Frame("east", 1, 0.0, 0.0, image)  # type: ignore[arg-type]


def test_a_frame_cannot_be_painted_over() -> None:
    frame = Frame("east", 1, 0.0, 0.0, picture(48, 64, 3))
    with pytest.raises(ValueError, match="read-only"):
        frame.image[0, 0] = 255


@pytest.mark.parametrize("size", [(float("nan"), 100.0), (0.0, 0.0), (-1.0, 480.0), (1e9, 480.0)])
def test_sizes_that_a_decoder_may_claim(size: tuple[float, float]) -> None:
    assert size_fault(*size) is not None
