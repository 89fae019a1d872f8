"""Clips with their truth beside them, as the scene renderer writes them: the camera that an installer would set up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from config.model import Camera, Duty
from config.model_watch import Facade, FloorLine, Zone

FILMS = (".mp4", ".avi", ".mkv")


def camera_of(truth: dict[str, Any]) -> Camera:
    """The camera as set up from a clip's calibration or rule."""
    width, height = truth["size"]

    def across(points: Sequence[Sequence[float]]) -> tuple[tuple[float, float], ...]:
        return tuple((x / width, y / height) for x, y in points)

    if truth["kind"] == "throwing":
        calib = truth["calib"]
        facade = Facade(
            floor_lines=tuple(FloorLine(floor=floor, points=across(points)) for floor, points in calib["floor_lines"]),
            floor_height_m=calib["floor_h_m"],
            width_m=calib["width_m"],
            columns=calib["n_cols"],
            masks=tuple(across(mask) for mask in calib.get("masks", ())),
        )
        return Camera(source="0", duties=(Duty.THROWING,), facade=facade)
    rule = truth["rule"]
    zone = Zone(kind=truth["kind"], polygon=across(rule["polygon"]), dwell_s=rule["dwell_s"])
    return Camera(source="0", duties=(Duty.ZONES,), zones={"zone": zone})
