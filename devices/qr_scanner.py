"""Core: serial QR scanners, from bytes to the texts they read. Sans-IO; time is passed in.

A scanner sends each code as one line ended by CR, LF or both; UTF-8, or Latin-1 from the older ones. A code held
before it is sent again and again and counts once. What was scanned may be a pass: it stands in no repr here.
"""

from __future__ import annotations

from dataclasses import dataclass, field

LINE_MAX = 512
"""A signed pass has about 130 characters; nothing that we know has more than a few hundred."""
GAP_S = 1.0
"""A line that pauses this long is broken: 512 characters at 9600 baud take 0.54 s."""
REPEAT_S = 2.0
"""The same text again within this time is the same showing."""
RATE_MAX, RATE_S = 5, 1.0
"""More different codes than this in a second do not come from a person's hand."""
_REMEMBERED = 8


@dataclass(slots=True)
class ScannerCounters:
    """What a scanner did so far."""

    codes: int = 0
    repeats: int = 0
    too_long: int = 0
    broken: int = 0
    """Lines that stopped half-way."""
    unreadable: int = 0
    """Lines with control characters."""
    too_fast: int = 0


@dataclass(slots=True)
class QrScanner:
    """Cuts the stream into lines and says each code once per showing."""

    counters: ScannerCounters = field(default_factory=ScannerCounters)
    _line: bytearray = field(default_factory=bytearray, repr=False)
    _skipping: bool = False
    """Inside a line that is too long already."""
    _last_mono_s: float = 0.0
    _seen: dict[str, float] = field(default_factory=dict, repr=False)
    _said_mono_s: list[float] = field(default_factory=list, repr=False)

    def feed(self, data: bytes, now_mono_s: float) -> list[str]:
        """The codes whose lines end with these bytes."""
        if (self._line or self._skipping) and now_mono_s - self._last_mono_s > GAP_S:
            self.counters.broken += 1
            self.forget()
        if data:
            self._last_mono_s = now_mono_s
        codes: list[str] = []
        for piece in data.replace(b"\r", b"\n").splitlines(keepends=True):
            codes += self._piece(piece, now_mono_s)
        return codes

    def forget(self) -> None:
        """Let go of a half line: the line was lost or paused."""
        self._line.clear()
        self._skipping = False

    def _piece(self, piece: bytes, now_mono_s: float) -> list[str]:
        ended = piece.endswith(b"\n")
        if not self._skipping:
            self._line += piece.rstrip(b"\n")
            if len(self._line) > LINE_MAX:
                self.counters.too_long += 1
                self._line.clear()
                self._skipping = True
        if not ended:
            return []
        text = "" if self._skipping else self._text(bytes(self._line))
        self.forget()
        return [text] if text and self._new(text, now_mono_s) else []

    def _text(self, line: bytes) -> str:
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError:
            text = line.decode("latin-1")
        text = text.strip()
        if not text.isprintable():
            self.counters.unreadable += 1
            return ""
        return text

    def _new(self, text: str, now_mono_s: float) -> bool:
        before = self._seen.pop(text, None)
        if before is not None and now_mono_s - before <= REPEAT_S:
            self._seen[text] = now_mono_s  # still held there: the time counts from its last repeat
            self.counters.repeats += 1
            return False
        self._said_mono_s = [at for at in self._said_mono_s if now_mono_s - at < RATE_S]
        if len(self._said_mono_s) >= RATE_MAX:
            self.counters.too_fast += 1
            return False
        self._said_mono_s.append(now_mono_s)
        self._seen[text] = now_mono_s
        while len(self._seen) > _REMEMBERED:
            del self._seen[next(iter(self._seen))]
        self.counters.codes += 1
        return True
