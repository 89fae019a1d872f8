"""Frames of a turnstile or swing barrier on RS-485 (Mach Power AC-ATRI-018 manual, page 12). Core: bytes in and out.

::

    EB addr cmd data xor                9600 8N1; xor over the four bytes before it

    40 open left   41 open right   42 drop the arm   43 raise the arm   4A lock   4B unlock

The manual's own examples for 42 and 43 do not follow its rule for xor, so the check must be confirmed on the device:
``xor_with`` is what its answer differs by (0 follows the rule). The manual gives no reply, so nothing can be read back.
Only 40 and 41 are ever sent to a lane: the turnstile closes by itself, and nothing that is left standing is said.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from functools import reduce
from operator import xor

HEAD = 0xEB
LENGTH = 5
BUFFER_MAX = 64


class Act(IntEnum):
    """What a turnstile can be told."""

    OPEN_LEFT = 0x40
    OPEN_RIGHT = 0x41
    DROP = 0x42
    RAISE = 0x43
    LOCK = 0x4A
    UNLOCK = 0x4B


def frame(address: int, act: Act, data: int = 0, *, xor_with: int = 0) -> bytes:
    """One command. ValueError: a number that is no byte."""
    body = bytes((HEAD, address, act, data))
    return body + bytes((reduce(xor, body) ^ xor_with,))


@dataclass(frozen=True, slots=True)
class Told:
    """A command as its receiver reads it."""

    address: int
    act: Act
    data: int


@dataclass(slots=True)
class Reader:
    """Finds commands in bytes that come in any portions; what is none is dropped and counted."""

    xor_with: int = 0
    dropped_bytes: int = 0
    _buffer: bytearray = field(default_factory=bytearray)

    def receive(self, data: bytes) -> list[Told]:
        """Whole commands with a good check."""
        self._buffer += data
        self._drop(len(self._buffer) - BUFFER_MAX)
        told = []
        while len(self._buffer) >= LENGTH:
            command = self._first()
            if command is None:
                self._drop(1)
            else:
                told.append(command)
                del self._buffer[:LENGTH]
        return told

    def quiet(self) -> None:
        """The line was silent: a cut command never joins later bytes."""
        self._drop(len(self._buffer))

    def _first(self) -> Told | None:
        head, address, act, data, check = self._buffer[:LENGTH]
        known = head == HEAD and act in Act._value2member_map_
        return Told(address, Act(act), data) if known and head ^ address ^ act ^ data ^ self.xor_with == check else None

    def _drop(self, count: int) -> None:
        if count > 0:
            del self._buffer[:count]
            self.dropped_bytes += count
