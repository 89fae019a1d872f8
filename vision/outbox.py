"""Core: what waits to be sent to the hub; bounded, and it knows what to let go first.

A clip is worth less than a picture, a picture less than the read it belongs to, an old read less than a new one, and
what is said once per edge (a camera's lost or back, a lane blocked or cleared, a fall) must never get lost. Live
pictures wait apart, the newest of each camera, and go when nothing else does: they never hold an observation up. So do
empty lanes, the newest of each. The caller provides the lock.
"""

from __future__ import annotations

from collections import deque

from vision.lane_ground import LaneGround
from vision.live_picture import LivePicture
from vision.observations import (
    CameraBack,
    CameraImpaired,
    CameraLost,
    CameraMended,
    DutyOff,
    EyesBeat,
    FaceProbed,
    FaceSeen,
    Observation,
    PlateSeen,
)
from vision.sightings import (
    ClipKept,
    FallSeen,
    LoitererGone,
    LoitererSeen,
    StillKept,
    ZoneBlocked,
    ZoneCleared,
)
from vision.wire import Said, encode, without_picture

MESSAGES_MAX = 256
BYTES_MAX = 32 * 1024 * 1024
_HEADER_BYTES = 1024
"""What a message counts beside its picture."""
_EDGES = (FallSeen, ZoneBlocked, ZoneCleared, LoitererSeen, LoitererGone)
_KEPT = (CameraLost, CameraBack, CameraImpaired, CameraMended, DutyOff, FaceProbed, *_EDGES)
"""Few by nature: said once per edge, no camera flaps faster than its back-off, every probe was asked for, and a zone
tells of each matter once."""
_EXTRA = (ClipKept, StillKept)
"""Nothing but bytes that show more of a matter: they go as a whole, the clips before the stills."""
_PICTURED = (PlateSeen, FaceSeen, FaceProbed, FallSeen, ZoneBlocked, ZoneCleared, LoitererSeen)


class Outbox:
    """A bounded queue of observations."""

    def __init__(self, *, messages_max: int = MESSAGES_MAX, bytes_max: int = BYTES_MAX) -> None:
        self._waiting: deque[Observation] = deque()
        self._messages_max, self._bytes_max = messages_max, bytes_max
        self._apart: dict[tuple[str, ...], LivePicture | LaneGround] = {}
        self._bytes = 0
        self.lost_messages = 0
        self.lost_pictures = 0

    def __len__(self) -> int:
        return len(self._waiting) + len(self._apart)

    def put(self, observation: Said) -> None:
        """Queue it; makes room where the bounds ask for it."""
        if isinstance(observation, LivePicture):
            self._apart[observation.camera,] = observation
            return
        if isinstance(observation, LaneGround):
            self._apart[observation.camera, observation.zone, observation.light] = observation
            return
        if isinstance(observation, EyesBeat):
            self._drop_beats()
        self._waiting.append(observation)
        self._bytes += _weight(observation)
        while self._bytes > self._bytes_max and (self._drop_oldest_extra() or self._drop_oldest_picture()):
            pass
        while len(self._waiting) > self._messages_max and self._drop_oldest_message():
            pass

    def take(self) -> bytes | None:
        """The oldest one, encoded, or None."""
        if not self._waiting:
            return encode(self._apart.pop(next(iter(self._apart)))) if self._apart else None
        observation = self._waiting.popleft()
        self._bytes -= _weight(observation)
        return encode(observation)

    def _drop_beats(self) -> None:
        """Only the newest heartbeat says anything; an older one that still waits is no loss."""
        kept = [waiting for waiting in self._waiting if not isinstance(waiting, EyesBeat)]
        self._bytes -= (len(self._waiting) - len(kept)) * _HEADER_BYTES
        self._waiting = deque(kept)

    def _drop_oldest_extra(self) -> bool:
        for kind in _EXTRA:
            found = next((index for index, waiting in enumerate(self._waiting) if isinstance(waiting, kind)), None)
            if found is not None:
                self._bytes -= _weight(self._waiting[found])
                del self._waiting[found]
                self.lost_pictures += 1
                return True
        return False

    def _drop_oldest_picture(self) -> bool:
        for index, waiting in enumerate(self._waiting):
            if isinstance(waiting, _PICTURED) and waiting.picture:
                self._waiting[index] = without_picture(waiting)
                self._bytes -= len(waiting.picture)
                self.lost_pictures += 1
                return True
        return False

    def _drop_oldest_message(self) -> bool:
        for index, waiting in enumerate(self._waiting):
            if not isinstance(waiting, _KEPT):
                del self._waiting[index]
                self._bytes -= _weight(waiting)
                self.lost_messages += 1
                return True
        return False


def _weight(observation: Observation) -> int:
    match observation:
        case ClipKept(data=held) | StillKept(picture=held):
            return _HEADER_BYTES + len(held)
        case _:
            return _HEADER_BYTES + (len(observation.picture) if isinstance(observation, _PICTURED) else 0)
