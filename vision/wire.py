"""Core: messages between hub and eyes over a byte stream. Both sides hold this file; nothing is pickled.

A message, integers big-endian::

    magic "MWE1" | u32 header length | u32 blob length | header (UTF-8 JSON object) | blob

The header of an observation is ``{"type": "PlateSeen", "fields": {...}}`` with exactly the fields of the
dataclass in `vision.observations`; a ``bytes`` field (at most one) travels as the blob. The first message goes
the other way and starts the eyes: ``{"type": "Start", ...}`` (`StartMessage`).

The eyes eat foreign bytes and are not trusted: whatever departs from this raises `WireError`, and the hub then
ends them. Limits: 8 MiB a message (a 4K picture at quality 85 is 3 MiB) and 64 KiB a header (a heartbeat of 100
cameras is 20 KiB), so that no length field can make the hub allocate more.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from typing import Any, Generic, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, ValidationError

from config.model import Camera, Eyes, Name, Plates
from vision.errors import WireError
from vision.observations import Observation, PlateSeen
from vision.wire_fields import build

MAGIC = b"MWE1"
MESSAGE_BYTES_MAX = 8 * 1024 * 1024
HEADER_BYTES_MAX = 64 * 1024
START_BYTES_MAX = 1024 * 1024
DEFAULT_READER = "vision.crew:ocr_reader"
DEFAULT_CODE_READER = "vision.qr:zxing_reader"

T = TypeVar("T")

_PREFIX = struct.Struct(">4sII")
_TYPES: dict[str, type] = {kind.__name__: kind for kind in get_args(Observation)}
_BLOB_FIELD = {"PlateSeen": "picture"}


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


def encode(observation: Observation) -> bytes:
    """The observation as one message. Raises `WireError` where it is over the limits."""
    kind = type(observation).__name__
    values = asdict(observation)
    blob = values.pop(_BLOB_FIELD[kind]) if kind in _BLOB_FIELD else b""
    return _pack({"type": kind, "fields": values}, blob, HEADER_BYTES_MAX)


def encode_start(start: StartMessage) -> bytes:
    """The start message. Raises `WireError` where it is over the limits."""
    return _pack({"type": "Start", "fields": start.model_dump(mode="json")}, b"", START_BYTES_MAX)


def _pack(header: dict[str, Any], blob: bytes, header_bytes_max: int) -> bytes:
    try:
        text = json.dumps(header, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except ValueError as error:
        raise WireError(f"cannot be sent: {error}") from None
    if len(text) > header_bytes_max:
        raise WireError(f"header of {len(text)} bytes, at most {header_bytes_max}")
    if _PREFIX.size + len(text) + len(blob) > MESSAGE_BYTES_MAX:
        raise WireError(f"message of {len(text) + len(blob)} bytes, at most {MESSAGE_BYTES_MAX}")
    return _PREFIX.pack(MAGIC, len(text), len(blob)) + text + blob


@dataclass(frozen=True, slots=True)
class _Message:
    header: dict[str, Any]
    blob: bytes


class _Unpacker(Generic[T]):
    """Cuts a byte stream into messages and reads each; keeps at most one unfinished message."""

    def __init__(self, header_bytes_max: int, read: Callable[[_Message], T]) -> None:
        self._header_bytes_max = header_bytes_max
        self._read = read
        self._buffer = bytearray()
        self._broken = False

    def feed(self, data: bytes) -> list[T]:
        if self._broken:
            raise WireError("the stream was already broken")
        self._buffer += data
        messages = []
        try:
            while (message := self._next()) is not None:
                messages.append(self._read(message))
        except WireError:
            self._broken = True
            self._buffer.clear()
            raise
        return messages

    def _next(self) -> _Message | None:
        start = bytes(self._buffer[: len(MAGIC)])
        if not MAGIC.startswith(start):
            raise WireError(f"message begins with {start!r}")
        if len(self._buffer) < _PREFIX.size:
            return None
        _, header_bytes, blob_bytes = _PREFIX.unpack_from(self._buffer)
        total = _PREFIX.size + header_bytes + blob_bytes
        if header_bytes > self._header_bytes_max or total > MESSAGE_BYTES_MAX:
            raise WireError(f"lengths of {header_bytes} and {blob_bytes} bytes are over the limits")
        if len(self._buffer) < total:
            return None
        view = bytes(self._buffer[_PREFIX.size : total])
        del self._buffer[:total]
        return _Message(_parse_header(view[:header_bytes]), view[header_bytes:])


def _parse_header(text: bytes) -> dict[str, Any]:
    try:
        header = json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise WireError(f"header is no JSON: {type(error).__name__}") from None
    if not isinstance(header, dict) or header.keys() != {"type", "fields"}:
        raise WireError("header without type and fields")
    if not isinstance(header["fields"], dict):
        raise WireError("fields are no object")
    return header


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no number")


class Decoder:
    """The hub's ear: bytes in, observations out."""

    def __init__(self) -> None:
        self._unpacker = _Unpacker(HEADER_BYTES_MAX, _observation)

    def feed(self, data: bytes) -> list[Observation]:
        """The observations completed by these bytes. After a `WireError` the stream is dead."""
        return self._unpacker.feed(data)


def _observation(message: _Message) -> Observation:
    kind, values = message.header["type"], message.header["fields"]
    made = _TYPES.get(kind) if isinstance(kind, str) else None
    if made is None:
        raise WireError(f"unknown message {str(kind)[:40]!r}")
    blob_field = _BLOB_FIELD.get(kind)
    if blob_field is None:
        if message.blob:
            raise WireError(f"{kind} carries {len(message.blob)} bytes too many")
    elif blob_field in values:
        raise WireError(f"{kind}.{blob_field} does not belong into the header")
    else:
        values = values | {blob_field: message.blob}
    observation: Observation = build(made, values, kind)
    return observation


class StartDecoder:
    """The eyes' ear: bytes in, the start message out."""

    def __init__(self) -> None:
        self._unpacker = _Unpacker(START_BYTES_MAX, _start)

    def feed(self, data: bytes) -> StartMessage | None:
        """The start message once it is complete. Raises `WireError`; its text never holds a setting's value."""
        messages = self._unpacker.feed(data)
        if len(messages) > 1:
            raise WireError("the hub must begin with one start message")
        return messages[0] if messages else None


def _start(message: _Message) -> StartMessage:
    if message.header["type"] != "Start" or message.blob:
        raise WireError("the hub must begin with a start message")
    try:
        return StartMessage.model_validate(message.header["fields"])
    except ValidationError as error:
        places = "; ".join(".".join(map(str, item["loc"])) for item in error.errors())
        raise WireError(f"start message is wrong at {places}") from None


def without_picture(observation: PlateSeen) -> PlateSeen:
    """The same observation with its picture left behind."""
    values = {item.name: getattr(observation, item.name) for item in fields(observation)}
    return PlateSeen(**(values | {"picture": b""}))
