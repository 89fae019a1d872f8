"""What every plate reader refuses before it looks."""

from __future__ import annotations

import numpy as np
import pytest

from vision.plate_reader import BadImage, ReaderError, check_image


@pytest.mark.parametrize(
    "image",
    [
        None,
        "picture.jpg",
        np.zeros((100, 100), np.uint8),
        np.zeros((100, 100, 4), np.uint8),
        np.zeros((100, 100, 3), np.uint16),
        np.zeros((100, 100, 3), np.float32),
        np.zeros((0, 0, 3), np.uint8),
        np.zeros((15, 400, 3), np.uint8),
        np.zeros((400, 15, 3), np.uint8),
        np.zeros((16, 8193, 3), np.uint8),
    ],
    ids=lambda i: f"{i.dtype}{i.shape}" if isinstance(i, np.ndarray) else str(i),
)
def test_what_is_no_bgr_picture_is_refused_in_both_languages(image: object) -> None:
    with pytest.raises(BadImage) as caught:
        check_image(image)
    assert isinstance(caught.value, ReaderError)
    assert caught.value.zh and caught.value.en
    assert caught.value.code == "bad_image"


@pytest.mark.parametrize("shape", [(16, 16, 3), (16, 8192, 3), (720, 1280, 3)])
def test_a_bgr_picture_passes_untouched(shape: tuple[int, int, int]) -> None:
    image = np.zeros(shape, np.uint8)
    assert check_image(image) is image
