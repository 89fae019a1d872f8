"""Core: the commands from the hub to the eyes as bytes; the frame is that of `vision.wire`."""

from __future__ import annotations

from vision.commands import Command, GalleryEdit, GalleryPart, ProbeFace, WatchLive
from vision.errors import WireError
from vision.lane_ground import GROUND_BYTES_MAX, LaneGround
from vision.wire_fields import pack_fields, unpack_fields
from vision.wire_frames import START_BYTES_MAX, Message, Unpacker

PARTS_MAX = 10_000
DIM_MAX = 4096
REQUEST_ID_MAX = 64
WATCHED_MAX = 1000
_KINDS: dict[str, type] = {kind.__name__: kind for kind in (GalleryPart, GalleryEdit, ProbeFace, WatchLive, LaneGround)}


def encode_command(command: Command) -> bytes:
    """The command as one message. Raises `WireError` where it is over the limits or contradicts itself."""
    _check_command(command)
    return pack_fields(command, START_BYTES_MAX)


class CommandDecoder:
    """The eyes' ear after the start: bytes in, commands out."""

    def __init__(self) -> None:
        self._unpacker = Unpacker(START_BYTES_MAX, _command)

    def feed(self, data: bytes) -> list[Command]:
        """The commands completed by these bytes. After a `WireError` the stream is dead."""
        return self._unpacker.feed(data)


def _command(message: Message) -> Command:
    command: Command = unpack_fields(message, _KINDS)
    _check_command(command)
    return command


def _check_command(command: Command) -> None:
    """What the types alone do not say; `WireError` without anybody's id or picture."""
    if isinstance(command, ProbeFace):
        if not 0 < len(command.request_id) <= REQUEST_ID_MAX:
            raise WireError(f"request of {len(command.request_id)} characters")
        if bool(command.camera) == bool(command.picture):
            raise WireError("a probe looks through a camera or at a picture")
        return
    if isinstance(command, WatchLive):
        if len(command.cameras) > WATCHED_MAX:
            raise WireError(f"{len(command.cameras)} cameras to be watched")
        return
    if isinstance(command, LaneGround):
        if len(command.data) > GROUND_BYTES_MAX:
            raise WireError(f"ground of {len(command.data)} bytes")
        return
    rows = len(command.people)
    if not 0 < command.dim <= DIM_MAX or len(command.vectors) != rows * command.dim * 4:
        raise WireError(f"{len(command.vectors)} bytes are not {rows} rows of {command.dim} numbers")
    if command.version < 0 or any(not 0 <= row < rows for row in command.negative):
        raise WireError("gallery with a negative version or rows that are not there")
    if isinstance(command, GalleryPart) and not 0 <= command.part < command.parts <= PARTS_MAX:
        raise WireError(f"part {command.part} of {command.parts}")
