"""Core: messages cut out of a byte stream, and put into one; what they say is read elsewhere (`vision.wire`).

A message, integers big-endian::

    magic "MWE1" | u32 header length | u32 blob length | header (UTF-8 JSON object) | blob

Limits: 8 MiB a message (a 4K picture at quality 85 is 3 MiB) and 64 KiB a header (a heartbeat of 100 cameras is
20 KiB), so that no length field can make the hub allocate more; 1 MiB for the headers towards the eyes.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from vision.errors import WireError

MAGIC = b"MWE1"
MESSAGE_BYTES_MAX = 8 * 1024 * 1024
HEADER_BYTES_MAX = 64 * 1024
"""Of what the eyes say."""
START_BYTES_MAX = 1024 * 1024
"""Of what the hub says."""

T = TypeVar("T")

_PREFIX = struct.Struct(">4sII")


def pack(header: dict[str, Any], blob: bytes, header_bytes_max: int) -> bytes:
    """One message. Raises `WireError` where it is over the limits."""
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
class Message:
    """A header with the keys ``type`` and ``fields``, and the bytes behind it."""

    header: dict[str, Any]
    blob: bytes


class Unpacker(Generic[T]):
    """Cuts a byte stream into messages and reads each; keeps at most one unfinished message."""

    def __init__(self, header_bytes_max: int, read: Callable[[Message], T]) -> None:
        self._header_bytes_max = header_bytes_max
        self._read = read
        self._buffer = bytearray()
        self._broken = False

    @property
    def rest(self) -> bytes:
        """What has come beyond the last message."""
        return bytes(self._buffer)

    def feed(self, data: bytes, messages_max: float = float("inf")) -> list[T]:
        """The messages completed by these bytes. After a `WireError` the stream is dead."""
        if self._broken:
            raise WireError("the stream was already broken")
        self._buffer += data
        messages: list[T] = []
        try:
            while len(messages) < messages_max and (message := self._next()) is not None:
                messages.append(self._read(message))
        except WireError:
            self._broken = True
            self._buffer.clear()
            raise
        return messages

    def _next(self) -> Message | None:
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
        return Message(_parse_header(view[:header_bytes]), view[header_bytes:])


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
