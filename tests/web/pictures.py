"""A picture of a car, drawn; nobody's real plate enters the tests."""

from __future__ import annotations

import cv2
import numpy as np


def car_jpeg() -> bytes:
    """A 640x360 JPEG: sky, road, a car seen from the front with a blank blue plate (BGR)."""
    picture = np.full((360, 640, 3), (150, 130, 110), np.uint8)
    picture[220:] = (90, 90, 90)
    cv2.rectangle(picture, (190, 120), (450, 300), (60, 60, 190), -1)
    cv2.rectangle(picture, (220, 90), (420, 150), (70, 60, 50), -1)
    cv2.rectangle(picture, (275, 250), (365, 278), (180, 80, 20), -1)
    ok, data = cv2.imencode(".jpg", picture)
    assert ok
    return data.tobytes()
