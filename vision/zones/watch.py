"""Core: all zones of one camera. Time is passed in."""

from __future__ import annotations

from collections.abc import Mapping

from config.model_watch import Zone
from vision.frame import Frame
from vision.lane_ground import LaneGround
from vision.sightings import Sighting
from vision.zones.found import Detector
from vision.zones.lane import LaneWatch
from vision.zones.loiter import LoiterWatch


class ZoneWatch:
    """What is done with the frames of a camera with the duty ``zones``; one worker at a time.

    Three to five frames a second are enough; of more than six the rest is passed over. Without a detector less is
    known: see docs/zones.md.
    """

    def __init__(self, camera: str, zones: Mapping[str, Zone], *, prefix: str, detector: Detector | None) -> None:
        """`prefix` differs at every start of the eyes, so that matters are unique over restarts."""
        self._lanes: dict[str, LaneWatch] = {}
        self._loiters: list[LoiterWatch] = []
        for name, zone in zones.items():
            if zone.kind == "lane":
                self._lanes[name] = LaneWatch(camera, name, zone, prefix=prefix, detector=detector)
            else:
                self._loiters.append(LoiterWatch(camera, name, zone, prefix=prefix, detector=detector))

    def look(self, frame: Frame) -> list[Sighting]:
        """Take one picture; what has become known by it."""
        said: list[Sighting] = []
        for lane in self._lanes.values():
            said += lane.look(frame)
        for loiter in self._loiters:
            said += loiter.expire(frame.captured_mono_s) if frame.damaged else loiter.look(frame)
        return said

    def expire(self, now_s: float) -> list[Sighting]:
        """Time passed without pictures: whoever is not seen any more has gone; what stands in a lane stays."""
        return [sighting for loiter in self._loiters for sighting in loiter.expire(now_s)]

    def remember(self, ground: LaneGround) -> None:
        """What an empty lane looked like before the start; of a zone that is no lane of ours it is of no use."""
        if (lane := self._lanes.get(ground.zone)) is not None:
            lane.remember(ground)

    def kept(self) -> list[LaneGround]:
        """What the empty lanes look like, for after the next start; each once."""
        return [ground for lane in self._lanes.values() for ground in lane.kept()]

    def recognised(self, box: tuple[int, int, int, int], at_s: float) -> None:
        """An enrolled face was seen there (x, y, width, height in the picture): that person does not loiter."""
        for loiter in self._loiters:
            loiter.recognised(box, at_s)
