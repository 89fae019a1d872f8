"""Core: what hub and eyes say to each other as bytes. Both sides hold this file; nothing is pickled.

Every message is a frame of `vision.wire_frames`: a JSON header and a blob. The header of an observation is
``{"type": "PlateSeen", "fields": {...}}`` with exactly the fields of the dataclass in `vision.observations` or
`vision.sightings`; its ``bytes`` field (at most one) travels as the blob. The other way the first message starts the
eyes, ``{"type": "Start", ...}`` (`StartMessage`), and commands may follow (`vision.wire_commands`).

The eyes eat foreign bytes and are not trusted: whatever departs from this raises `WireError`, and the hub then
ends them; eyes that hear something odd end themselves.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TypeVar, get_args

from pydantic import BaseModel, ConfigDict, ValidationError

from config.model import Camera, Eyes, Name, Plates
from config.model_face import Faces
from config.model_live import Live
from vision.errors import WireError
from vision.lane_ground import LaneGround
from vision.live_picture import LivePicture
from vision.observations import FaceProbed, FaceSeen, Observation, PlateSeen
from vision.sightings import FallSeen, LoitererSeen, ZoneBlocked, ZoneCleared
from vision.wire_fields import pack_fields, unpack_fields
from vision.wire_frames import HEADER_BYTES_MAX, START_BYTES_MAX, Message, Unpacker, pack

DEFAULT_READER = "vision.readers:plate_reader"
DEFAULT_CODE_READER = "vision.qr:zxing_reader"
DEFAULT_WATCHER = "vision.watching.detectors:watch_maker"
DEFAULT_FACE_READER = "vision.faces.engine:FaceEngine"

Pictured = TypeVar(
    "Pictured", bound=PlateSeen | FaceSeen | FaceProbed | FallSeen | ZoneBlocked | ZoneCleared | LoitererSeen
)

Said = Observation | LivePicture | LaneGround
"""Everything that the eyes can say."""

_TYPES: dict[str, type] = {kind.__name__: kind for kind in get_args(Said)}


class StartMessage(BaseModel):
    """What the hub tells the eyes: the parts of the site file that concern them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cameras: dict[Name, Camera]
    plates: Plates
    eyes: Eyes
    reader: str = DEFAULT_READER
    """``module:factory``; the factory takes the plates settings and returns a `vision.plate_reader.PlateReader`."""
    code_reader: str = DEFAULT_CODE_READER
    """``module:factory``; the factory takes nothing and returns a `vision.code_watch.CodeReader`."""
    faces: Faces = Faces()
    models_dir: Path | None = None
    """Folder of the model files."""
    face_reader: str = DEFAULT_FACE_READER
    """``module:factory``; takes the folder and the faces settings and returns a `vision.faces.watch.FaceReader`."""
    live: Live = Live()
    watcher: str = DEFAULT_WATCHER
    """``module:factory``; takes the folder and returns a function that makes a camera's watches."""


def encode(observation: Said) -> bytes:
    """What is said as one message. Raises `WireError` where it is over the limits."""
    return pack_fields(observation, HEADER_BYTES_MAX)


def encode_start(start: StartMessage) -> bytes:
    """The start message. Raises `WireError` where it is over the limits."""
    return pack({"type": "Start", "fields": start.model_dump(mode="json")}, b"", START_BYTES_MAX)


class Decoder:
    """The hub's ear: bytes in, what the eyes said out."""

    def __init__(self) -> None:
        self._unpacker = Unpacker(HEADER_BYTES_MAX, _observation)

    def feed(self, data: bytes) -> list[Said]:
        """What was completed by these bytes. After a `WireError` the stream is dead."""
        return self._unpacker.feed(data)


def _observation(message: Message) -> Said:
    said: Said = unpack_fields(message, _TYPES)
    return said


class StartDecoder:
    """The eyes' first ear: bytes in, the start message out."""

    def __init__(self) -> None:
        self._unpacker = Unpacker(START_BYTES_MAX, _start)

    @property
    def rest(self) -> bytes:
        """The first bytes of the commands that follow."""
        return self._unpacker.rest

    def feed(self, data: bytes) -> StartMessage | None:
        """The start message once it is complete. Raises `WireError`; its text never holds a setting's value."""
        messages = self._unpacker.feed(data, messages_max=1)
        return messages[0] if messages else None


def _start(message: Message) -> StartMessage:
    if message.header["type"] != "Start" or message.blob:
        raise WireError("the hub must begin with a start message")
    try:
        return StartMessage.model_validate(message.header["fields"])
    except ValidationError as error:
        places = "; ".join(".".join(map(str, item["loc"])) for item in error.errors())
        raise WireError(f"start message is wrong at {places}") from None


def without_picture(observation: Pictured) -> Pictured:
    """The same observation with its picture left behind."""
    return replace(observation, picture=b"")
