"""Frames of displays with voice beside a lane (入口显示屏与语音). Core: bytes in, bytes out.

Family ``da`` (OLM control card V2.6, blog.sdlinka.com/2465; CRC-16/MODBUS, low byte first, over all before it)::

    DA VR PN PN CMD DL DATA.. CRC CRC
    00 64 FF FF 30  09 01 BB B6 D3 AD B9 E2 C1 D9 32 58      speak 欢迎光临 now; a frame published by its users

    62: DATA = line, 18 bytes of style (entry, stay, exit, font, times, colours R G B A twice, length, 0), text
    30: DATA = when (1 now), text

Family ``a5`` (note.szymzh.com/docs/ym)::

    A5 no no 3D 3D len len cmd DATA.. xor                    cmd 3A: show now; at most 80 Chinese characters

Text is GBK; what it cannot express becomes ``?`` and is counted. What the documents leave open stands in
``[displays.x] parameters`` (``config.displays``) and must be confirmed on site: for ``a5`` the scope of xor and
length, the order of the length's bytes and the command that speaks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import reduce
from operator import xor
from types import MappingProxyType
from typing import Literal

from config.displays import Family, parameter
from devices.modbus import is_sealed, seal

TEXT_MAX_BYTES: Mapping[str, int] = MappingProxyType({"a5": 160, "da": 200})  # 80 characters; DL is one byte
LINES_MAX = 4
DA_TEXT = 0x62
BUFFER_MAX = 1024
_STYLE = bytes.fromhex("15 01 00 02 15 01 03 00 ff 00 00 00 00 00 00 00".replace(" ", ""))
_DA_HEAD, _DA_TEXT_HEAD, _A5_HEAD = 6, 19, 8


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one display is spoken to."""

    family: Family
    address: int = 0
    parameters: Mapping[str, int] = field(default_factory=dict)

    def __getitem__(self, name: str) -> int:
        return parameter(self.family, self.parameters, name)


@dataclass(frozen=True, slots=True)
class Encoded:
    """Text as a display's bytes, and what was lost on the way."""

    data: bytes
    replaced: int = 0
    """Characters that GBK cannot express, control characters included."""
    cut: int = 0
    """Characters beyond the display's limit."""


def encode_text(text: str, max_bytes: int) -> Encoded:
    """GBK, at most ``max_bytes``, never half a character; what cannot be expressed becomes ``?``."""
    pieces: list[bytes] = []
    size = replaced = 0
    for number, char in enumerate(text):
        piece = b"?" if not (char.isprintable() or char == "\u3000") else char.encode("gbk", "replace")
        if size + len(piece) > max_bytes:
            return Encoded(b"".join(pieces), replaced, len(text) - number)
        replaced += piece == b"?" and char != "?"
        size += len(piece)
        pieces.append(piece)
    return Encoded(b"".join(pieces), replaced)


@dataclass(frozen=True, slots=True)
class Frames:
    """The frames of one message, in order, and what was lost on the way to them."""

    frames: tuple[bytes, ...]
    replaced: int = 0
    cut: int = 0


def show_frames(dialect: Dialect, lines: tuple[str, ...], voice: str = "") -> Frames:
    """The frames that show lines and speak; ``da`` has a frame per line, ``a5`` one for all."""
    most = TEXT_MAX_BYTES[dialect.family]
    shown = lines[:LINES_MAX] if dialect.family == "da" else ((" ".join(lines[:LINES_MAX]),) if lines else ())
    texts = [encode_text(text, most) for text in shown]
    frames = [text_frame(dialect, number, text.data) for number, text in enumerate(texts)]
    if voice and dialect["voice_cmd"]:
        spoken = encode_text(voice, most)
        texts.append(spoken)
        frames.append(voice_frame(dialect, spoken.data))
    over = sum(len(line) for line in lines[LINES_MAX:])
    return Frames(tuple(frames), sum(t.replaced for t in texts), sum(t.cut for t in texts) + over)


def text_frame(dialect: Dialect, line: int, text: bytes) -> bytes:
    """Show GBK bytes now; ``line`` from 0 (one frame is all of an ``a5`` display)."""
    if dialect.family == "a5":
        return _a5(dialect, dialect["show_cmd"], text)
    return _da(dialect, DA_TEXT, bytes((line,)) + _STYLE + bytes((len(text), 0)) + text)


def voice_frame(dialect: Dialect, text: bytes) -> bytes:
    """Speak GBK bytes now."""
    if dialect.family == "a5":
        return _a5(dialect, dialect["voice_cmd"], text)
    return _da(dialect, dialect["voice_cmd"], bytes((dialect["voice_when"],)) + text)


def _da(dialect: Dialect, cmd: int, data: bytes) -> bytes:
    body = bytes((dialect.address, dialect["vr"], 0xFF, 0xFF, cmd, len(data))) + data
    frame = seal(body)
    return body + frame[:-3:-1] if dialect["crc_high_first"] else frame


def _a5(dialect: Dialect, cmd: int, data: bytes) -> bytes:
    length = len(data) + dialect["length_counts_cmd"]
    order: Literal["little", "big"] = "little" if dialect["length_low_first"] else "big"
    head = b"\xa5" + dialect.address.to_bytes(2, "big") + b"\x3d\x3d" + length.to_bytes(2, order)
    body = head + bytes((cmd,)) + data
    return body + bytes((reduce(xor, body[dialect["xor_skips"] :]),))


@dataclass(frozen=True, slots=True)
class Shown:
    """What a display makes of a frame."""

    cmd: int
    text: str
    line: int = 0
    spoken: bool = False


def length_of(dialect: Dialect, buffer: bytes | bytearray) -> int | None:
    """Length of the frame that begins the buffer; 0: none begins here, None: more bytes are needed."""
    if dialect.family == "da":
        if buffer[0] != dialect.address or (len(buffer) > 1 and buffer[1] != dialect["vr"]):
            return 0
        return _DA_HEAD + buffer[5] + 2 if len(buffer) >= _DA_HEAD else None
    head = b"\xa5" + dialect.address.to_bytes(2, "big") + b"\x3d\x3d"
    if not head.startswith(bytes(buffer[: len(head)])):
        return 0
    if len(buffer) < _A5_HEAD - 1:
        return None
    low_first = dialect["length_low_first"]
    length = int.from_bytes(buffer[5:7], "little" if low_first else "big") - dialect["length_counts_cmd"]
    return _A5_HEAD + length + 1 if 0 <= length <= TEXT_MAX_BYTES["a5"] else 0


def is_whole(dialect: Dialect, frame: bytes) -> bool:
    """Whether a frame's check is right."""
    if dialect.family == "a5":
        return reduce(xor, frame[dialect["xor_skips"] : -1], 0) == frame[-1]
    return is_sealed(frame[:-2] + frame[:-3:-1] if dialect["crc_high_first"] else frame)


def decode(dialect: Dialect, frame: bytes) -> Shown | None:
    """What a whole frame says; None: not a command that shows or speaks."""
    if dialect.family == "a5":
        cmd, data = frame[_A5_HEAD - 1], frame[_A5_HEAD:-1]
        known = cmd == dialect["show_cmd"] or (cmd != 0 and cmd == dialect["voice_cmd"])
        return Shown(cmd, _text(data), spoken=cmd != dialect["show_cmd"]) if known else None
    cmd, data = frame[4], frame[_DA_HEAD:-2]
    if cmd == dialect["voice_cmd"] and data:
        return Shown(cmd, _text(data[1:]), spoken=True)
    if cmd == DA_TEXT and len(data) >= _DA_TEXT_HEAD and data[_DA_TEXT_HEAD - 2] == len(data) - _DA_TEXT_HEAD:
        return Shown(cmd, _text(data[_DA_TEXT_HEAD:]), line=data[0])
    return None


def _text(data: bytes) -> str:
    return data.decode("gbk", "replace")


@dataclass(slots=True)
class Reader:
    """Finds frames in bytes that come in any portions; what is none is dropped and counted."""

    dialect: Dialect
    dropped_bytes: int = 0
    _buffer: bytearray = field(default_factory=bytearray)

    def receive(self, data: bytes) -> list[bytes]:
        """Whole frames with a good check."""
        self._buffer += data
        self._drop(len(self._buffer) - BUFFER_MAX)
        frames = []
        while self._buffer:
            length = length_of(self.dialect, self._buffer)
            if length is None or length > len(self._buffer):
                break
            frame = bytes(self._buffer[:length])
            if length and is_whole(self.dialect, frame):
                frames.append(frame)
                del self._buffer[:length]
            else:
                self._drop(1)
        return frames

    def quiet(self) -> None:
        """The line was silent for longer than a frame's pause: a cut frame never joins later bytes."""
        self._drop(len(self._buffer))

    def _drop(self, count: int) -> None:
        if count > 0:
            del self._buffer[:count]
            self.dropped_bytes += count
