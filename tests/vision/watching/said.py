"""One of everything that the watching duties can say, for the tests of wire and hub."""

from __future__ import annotations

from vision.lane_ground import LaneGround
from vision.sightings import (
    ClipKept,
    FallSeen,
    LoitererGone,
    LoitererSeen,
    Sighting,
    StillKept,
    TrackPoint,
    ZoneBlocked,
    ZoneCleared,
)

JPEG = b"\xff\xd8\xff\xe0 picture"

GROUND = LaneGround(
    camera="tower",
    zone="north",
    light="night",
    form="0123456789abcdef",
    captured_at_s=1.78e9,
    unfit=0,
    data=b"\x89PNG ground",
)
"""What only hub and eyes hand to each other."""

FALL = FallSeen(
    camera="tower",
    matter="tower-a1-1",
    size=(1920, 1080),
    floor=11,
    floor_low=11,
    floor_high=12,
    column=6,
    origin=(604.5, 88.0),
    height_m=32.0,
    speed_mps=21.5,
    kind="fall",
    confidence=0.9,
    track=(
        TrackPoint(at_mono_s=100.0, x=601.5, y=86.0, width=5.0, height=5.5),
        TrackPoint(at_mono_s=102.5, x=598.5, y=640.0, width=7.0, height=9.0),
    ),
    started_mono_s=100.0,
    ended_mono_s=102.5,
    captured_mono_s=100.0,
    captured_at_s=1.78e9,
    picture=JPEG,
)
BLOCKED = ZoneBlocked(
    camera="yard",
    zone="north",
    matter="yard-a1-1",
    size=(1280, 720),
    reminder=0,
    from_start=False,
    label="vehicle",
    box=(378, 285, 122, 92),
    since_mono_s=100.0,
    since_at_s=1.78e9,
    captured_mono_s=280.0,
    captured_at_s=1.78e9 + 180,
    picture=JPEG,
)
CLEARED = ZoneCleared(
    camera="yard", zone="north", matter="yard-a1-1", blocked_s=620.0, captured_mono_s=720.0,
    captured_at_s=1.78e9 + 620, picture=JPEG,
)  # fmt: skip
LOITERER = LoitererSeen(
    camera="yard",
    zone="gate",
    matter="yard-a1-2",
    size=(1280, 720),
    dwell_s=120.5,
    returns=1,
    box=(545, 423, 67, 149),
    since_mono_s=100.0,
    since_at_s=1.78e9,
    captured_mono_s=230.0,
    captured_at_s=1.78e9 + 130,
    picture=JPEG,
)
GONE = LoitererGone(
    camera="yard", zone="gate", matter="yard-a1-2", dwell_s=200.0, known=False, captured_mono_s=330.0
)  # fmt: skip
STILL = StillKept(camera="yard", matter="yard-a1-1", role="before", captured_at_s=1.78e9, picture=JPEG)
CLIP = ClipKept(
    camera="tower", matter="tower-a1-1", media="video/mp4", from_at_s=1.78e9 - 10, until_at_s=1.78e9 + 7.5,
    data=b"\x00\x00\x00\x18ftypmp42 film",
)  # fmt: skip
SIGHTINGS: tuple[Sighting, ...] = (FALL, BLOCKED, CLEARED, LOITERER, GONE, STILL, CLIP)
