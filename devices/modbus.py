"""Modbus RTU master as a sans-IO machine, fed bytes and time. Core: no port and no clock here.

A frame on the line (Modbus over serial line V1.02, section 2.5.1; CRC low byte first)::

    +------+----------+---------------------+--------+--------+
    | unit | function | payload, <= 252     | CRC lo | CRC hi |
    +------+----------+---------------------+--------+--------+

    read inputs      01 02 00 00 00 08 crc  ->  01 02 01 05 crc        byte count, bits from channel 1
    write one coil   01 05 02 00 00 05 crc  ->  01 05 02 00 00 05 crc  the reply repeats the request
    exception                                   01 85 02 crc           function | 0x80, code

How the line misbehaves, and what is done about it:

* garbage before the reply: every offset is tried; only header, length and CRC together make an answer;
* garbage inside: the CRC fails, the outcome is ``BadReply`` when the time is over;
* garbage after, and late replies: bytes that come while nothing is asked are dropped and counted;
* a cut reply: after ``idle_gap_s`` of silence its head is dropped, so that it never joins later bytes;
* local echo (adapters that hear themselves): the first copy of a read is always taken for its echo, and
  the master learns from it. The reply to "write one coil" **is** identical to its echo: with a known echo
  the first copy is skipped, but who needs to be sure must read back with another function
  (``devices.relay_board`` does).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from devices.errors import BadReply, NoReply, Refused

READ_COILS, READ_INPUTS, READ_HOLDING, READ_INPUT_REGISTERS = 0x01, 0x02, 0x03, 0x04
WRITE_COIL, WRITE_REGISTER, WRITE_COILS, WRITE_REGISTERS = 0x05, 0x06, 0x0F, 0x10
ADU_MAX = 256  # Modbus over serial line V1.02, 2.5.1
BUFFER_MAX = 2 * ADU_MAX + 64  # one echo, one reply and some noise; a babbling line cannot grow it
BITS_MAX, REGISTERS_MAX = 2000, 125  # Modbus application protocol V1.1b3, 6.1 and 6.3


def _crc_table() -> tuple[int, ...]:
    table = []
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
        table.append(crc)
    return tuple(table)


_CRC_TABLE = _crc_table()


def crc16(data: bytes) -> int:
    """CRC-16/MODBUS: polynomial 0x8005 reflected, start 0xFFFF."""
    crc = 0xFFFF
    for byte in data:
        crc = crc >> 8 ^ _CRC_TABLE[(crc ^ byte) & 0xFF]
    return crc


def seal(body: bytes) -> bytes:
    """``body`` with its CRC behind it, low byte first."""
    return body + crc16(body).to_bytes(2, "little")


def is_sealed(frame: bytes) -> bool:
    """Whether the last two bytes are the CRC of what stands before them."""
    return len(frame) >= 4 and crc16(frame[:-2]) == int.from_bytes(frame[-2:], "little")


@dataclass(frozen=True, slots=True)
class Request:
    """One question to one unit; ``payload`` is what stands between function code and CRC."""

    unit: int
    function: int
    payload: bytes

    def frame(self) -> bytes:
        """The bytes for the line."""
        return seal(bytes((self.unit, self.function)) + self.payload)

    def reply_length(self) -> int:
        """Length of the good reply in bytes; ValueError for what this master does not speak."""
        count = int.from_bytes(self.payload[2:4], "big")
        match self.function:
            case 0x01 | 0x02 if len(self.payload) == 4 and 1 <= count <= BITS_MAX:
                return 5 + (count + 7) // 8
            case 0x03 | 0x04 if len(self.payload) == 4 and 1 <= count <= REGISTERS_MAX:
                return 5 + 2 * count
            case 0x05 | 0x06 if len(self.payload) == 4:
                return 8
            case 0x0F | 0x10 if 6 <= len(self.payload) <= ADU_MAX - 4:
                return 8
        raise ValueError(f"function 0x{self.function:02X} with payload {self.payload.hex(' ')} is not spoken here")

    def echo_is_reply(self) -> bool:
        """Whether a good reply repeats the request byte by byte (write one coil, write one register)."""
        return self.function in (WRITE_COIL, WRITE_REGISTER)

    def is_answered_by(self, frame: bytes) -> bool:
        """Whether a frame with right length, unit, function and CRC also says what a reply must say."""
        if self.function in (WRITE_COIL, WRITE_REGISTER, WRITE_COILS, WRITE_REGISTERS):
            return frame[2:6] == self.payload[:4]
        return frame[2] == len(frame) - 5


@dataclass(frozen=True, slots=True)
class Answer:
    """A good reply; ``payload`` stands between function and CRC (a read's begins with its byte count)."""

    request: Request
    payload: bytes

    def bits(self, count: int) -> tuple[bool, ...]:
        """The first ``count`` coils or inputs of a read reply, lowest address first."""
        data = self.payload[1:]
        return tuple(bool(data[i // 8] >> i % 8 & 1) for i in range(count))

    def registers(self, count: int) -> tuple[int, ...]:
        """The first ``count`` registers of a read reply, lowest address first."""
        return tuple(int.from_bytes(self.payload[1 + 2 * i : 3 + 2 * i], "big") for i in range(count))


Outcome = Answer | NoReply | BadReply | Refused
"""What became of a request. Errors are values here: nothing is raised for what a peer or the line does."""


@dataclass(slots=True, kw_only=True)
class MasterCounters:
    """What the line did, for the health page."""

    requests: int = 0
    answers: int = 0
    refusals: int = 0
    silences: int = 0
    damaged: int = 0
    dropped_bytes: int = 0


@dataclass(slots=True, kw_only=True)
class ModbusMaster:
    """One request at a time: ``request`` gives bytes, ``receive`` takes bytes, ``poll`` the outcome or None.

    ``echo``: None learns from reads whether the adapter echoes; True or False fixes it.
    ``char_s``: time of one character on the line; the reply time-out counts from the end of sending.
    """

    reply_timeout_s: float = 0.2
    char_s: float = 11 / 9600
    idle_gap_s: float = 0.05  # 3.5 characters by the book; USB adapters deliver in 16 ms packets, so more is needed
    echo: bool | None = None
    counters: MasterCounters = field(default_factory=MasterCounters)
    deadline_mono_s: float = field(default=0.0, init=False)
    _request: Request | None = field(default=None, init=False)
    _frame: bytes = field(default=b"", init=False)
    _buffer: bytearray = field(default_factory=bytearray, init=False)
    _outcome: Outcome | None = field(default=None, init=False)
    _last_byte_mono_s: float = field(default=0.0, init=False)
    _heard: bool = field(default=False, init=False)
    _echo_seen: bool = field(default=False, init=False)
    _learn: bool = field(default=True, init=False)

    def __post_init__(self) -> None:
        self._learn = self.echo is None

    def request(self, unit: int, function: int, payload: bytes, now_mono_s: float) -> bytes:
        """Begin a transaction and return its bytes. ValueError: not a request this master may send."""
        if self._request is not None:
            raise ValueError("a request is still under way")
        if not 1 <= unit <= 255:  # broadcasts (0) have no reply, so nobody could ever know; 248-255 exist in the field
            raise ValueError(f"unit {unit} is outside 1..255")
        request = Request(unit, function, payload)
        expected = request.reply_length()
        self._begin(request)
        line_s = (len(self._frame) * (2 if self.echo else 1) + expected) * self.char_s
        self.deadline_mono_s = now_mono_s + line_s + self.reply_timeout_s
        return self._frame

    def _begin(self, request: Request) -> None:
        self._request, self._frame = request, request.frame()
        self._buffer.clear()
        self._outcome, self._heard, self._echo_seen = None, False, False
        self.counters.requests += 1

    def receive(self, data: bytes, now_mono_s: float) -> None:
        """Take bytes from the line, in any portions."""
        if self._request is None or self._outcome is not None:
            self.counters.dropped_bytes += len(data)
            return
        if not data:
            return
        if self._buffer and now_mono_s - self._last_byte_mono_s > self.idle_gap_s:
            self._drop(len(self._buffer))
        self._last_byte_mono_s = now_mono_s
        self._buffer += data
        self._drop(len(self._buffer) - BUFFER_MAX)
        self._strip_echo(self._request)
        self._outcome = self._find(self._request)

    def _drop(self, count: int) -> None:
        if count > 0:
            del self._buffer[:count]
            self.counters.dropped_bytes += count
            self._heard = True

    def _strip_echo(self, request: Request) -> None:
        """Take the first copy of our own request out, where it can only be, or is known to be, an echo."""
        if self._echo_seen or (self.echo is False and not self._learn):
            return
        if self.echo is not True and request.echo_is_reply():
            return
        at = self._buffer.find(self._frame)
        if at < 0:
            return
        self._drop(at)
        del self._buffer[: len(self._frame)]
        self._echo_seen = True
        if self._learn and not request.echo_is_reply():
            self.echo = True

    def _find(self, request: Request) -> Outcome | None:
        """The first good frame in the buffer that answers the request; None: wait for more."""
        expected = request.reply_length()
        for start in range(len(self._buffer) - 4):
            if self._buffer[start] != request.unit:
                continue
            function = self._buffer[start + 1]
            length = {request.function: expected, request.function | 0x80: 5}.get(function, 0)
            frame = bytes(self._buffer[start : start + length])
            if not length or len(frame) < length or not is_sealed(frame):
                continue
            if function & 0x80 or request.is_answered_by(frame):
                self.counters.dropped_bytes += start
                del self._buffer[: start + length]
                return self._refused(frame[2]) if function & 0x80 else self._answered(request, frame)
        return None

    def _answered(self, request: Request, frame: bytes) -> Answer:
        if self._learn and not request.echo_is_reply():
            self.echo = self._echo_seen
        self.counters.answers += 1
        return Answer(request, frame[2:-2])

    def _refused(self, code: int) -> Refused:
        self.counters.refusals += 1
        return Refused(f"exception code {code}", code=code)

    def poll(self, now_mono_s: float) -> Outcome | None:
        """The outcome, once; None while the reply may still come, and when nothing was asked."""
        if self._request is None:
            return None
        outcome = self._outcome
        if outcome is None:
            if now_mono_s < self.deadline_mono_s:
                return None
            outcome = self._timed_out(self._request)
        self.counters.dropped_bytes += len(self._buffer)
        self._buffer.clear()
        self._request = self._outcome = None
        return outcome

    def _timed_out(self, request: Request) -> NoReply | BadReply:
        if self._heard or self._buffer:
            self.counters.damaged += 1
            shown = bytes(self._buffer[:24]).hex(" ") or "noise"
            return BadReply(f"unit {request.unit}: not an answer: {shown}")
        self.counters.silences += 1
        heard = ", only our own echo" if self._echo_seen else ""
        return NoReply(f"unit {request.unit}: no answer{heard}")

    def abandon(self) -> None:
        """Forget the request under way (the port is gone), and a learned echo: the adapter may be another."""
        self._request = self._outcome = None
        self._buffer.clear()
        if self._learn:
            self.echo = None
