"""The asking side of lines that speak no Modbus: LCUS relays and turnstiles. Core: fed bytes and time.

Some of them answer nothing. Then the outcome is ``Sent``: the bytes are out, and nobody can know more.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from devices import lcus
from devices.errors import BadReply, NoReply
from devices.modbus import MasterCounters

SHOWN_MAX = 24


@dataclass(frozen=True, slots=True)
class Ask:
    """One frame."""

    data: bytes
    channels: int = 0
    """So many states tell a good answer; 0: nothing answers."""

    def frame(self) -> bytes:
        """The bytes for the line."""
        return self.data


@dataclass(frozen=True, slots=True)
class Sent:
    """The bytes are out, and nothing answers them."""


@dataclass(frozen=True, slots=True)
class States:
    """What an LCUS board tells of its relays, channel 1 first."""

    on: tuple[bool, ...]


@dataclass(slots=True, kw_only=True)
class OwnMaster:
    """One frame at a time: ``begin`` gives bytes, ``receive`` takes bytes, ``poll`` the outcome or None."""

    reply_timeout_s: float
    char_s: float
    counters: MasterCounters = field(default_factory=MasterCounters)
    deadline_mono_s: float = field(default=0.0, init=False)
    _ask: Ask | None = field(default=None, init=False)
    _buffer: bytearray = field(default_factory=bytearray, init=False)

    def begin(self, ask: Ask, now_mono_s: float) -> bytes:
        """Begin a transaction and return its bytes."""
        self._ask = ask
        self._buffer.clear()
        self.counters.requests += 1
        wait_s = self.reply_timeout_s + lcus.ANSWER_MAX * self.char_s if ask.channels else 0.0
        self.deadline_mono_s = now_mono_s + len(ask.data) * self.char_s + wait_s
        return ask.data

    def receive(self, data: bytes, now_mono_s: float) -> None:
        """Take bytes from the line, in any portions; the clock matters to ``poll`` alone."""
        room = lcus.ANSWER_MAX - len(self._buffer) if self._ask is not None and self._ask.channels else 0
        self._buffer += data[:room]
        self.counters.dropped_bytes += max(0, len(data) - room)

    def poll(self, now_mono_s: float) -> Sent | States | NoReply | BadReply | None:
        """The outcome, once; None while the reply may still come, and when nothing was asked."""
        if self._ask is None:
            return None
        told = lcus.states(bytes(self._buffer), self._ask.channels) if self._ask.channels else None
        if told is None and now_mono_s < self.deadline_mono_s:
            return None
        answers, heard = self._ask.channels, bytes(self._buffer)
        self.abandon()
        if told is not None:
            self.counters.answers += 1
            return States(told)
        if not answers:
            return Sent()
        self.counters.dropped_bytes += len(heard)
        if heard:
            self.counters.damaged += 1
            return BadReply(f"not the states of {answers} channels: {heard[:SHOWN_MAX].hex(' ')}")
        self.counters.silences += 1
        return NoReply("no answer to FF")

    def abandon(self) -> None:
        """Forget the frame under way."""
        self._ask = None
        self._buffer.clear()
