"""Core: keypads on a wire, from bytes or key codes to complete entries. Sans-IO; time is passed in.

Serial keypads send ASCII digits, or the burst codes that access control keypads know: 4 bits (``0x00`` to ``0x09``,
``0x0A`` for ``*``, ``0x0B`` for ``#``) or 8 bits (the key's four bits behind their complement: ``0xE1`` is 1). OSDP
readers send ASCII with ``0x7F`` for ``*`` and ``0x0D`` for ``#`` (IEC 60839-11-5, osdp_KEYPAD). All are understood
without a setting. What was typed is a secret: it stands in no repr here.
"""

from __future__ import annotations

from dataclasses import dataclass, field

KEYS_MAX = 16
PAUSE_S = 5.0
"""An entry without ``#`` ends after this long without a key."""

ENTER, CLEAR = "#", "*"
_ASCII = {ord(d): d for d in "0123456789"} | {
    ord("#"): ENTER,
    0x0D: ENTER,
    ord("*"): CLEAR,
    0x7F: CLEAR,  # OSDP's *
    0x1B: CLEAR,
}
_BURST_KEYS = "0123456789*#"
_FOUR_BITS = dict(enumerate(_BURST_KEYS))
_EIGHT_BITS = {(~code & 0xF) << 4 | code: key for code, key in enumerate(_BURST_KEYS)}
_LINE_FEED = 0x0A


@dataclass(slots=True)
class KeypadCounters:
    """What a keypad did so far."""

    entries: int = 0
    cleared: int = 0
    too_long: int = 0
    """Entries of more than 16 keys: dropped whole."""
    damaged: int = 0
    """Entries dropped because an unknown byte or a second encoding came among their keys."""
    noise: int = 0
    """Bytes that are no key."""


@dataclass(slots=True)
class Keypad:
    """Collects keys until ``#`` or a pause of 5 s; ``*`` begins anew."""

    counters: KeypadCounters = field(default_factory=KeypadCounters)
    _keys: str = field(default="", repr=False)
    _kind: str = field(default="", repr=False)
    """Encoding of the entry being typed: ascii, 4 or 8."""
    _void: bool = False
    """The entry being typed is too long or damaged: nothing of it counts until it ends."""
    _last_mono_s: float = 0.0

    @property
    def deadline_mono_s(self) -> float | None:
        """When the entry being typed ends by itself."""
        return self._last_mono_s + PAUSE_S if self._keys or self._void else None

    def feed(self, data: bytes, now_mono_s: float) -> list[str]:
        """The entries that end with these bytes; call ``expire`` first when time has passed."""
        done = self.expire(now_mono_s)
        for byte in data:
            self._last_mono_s = now_mono_s
            key, kind = self._decode(byte)
            if key is None:
                self._noise(byte)
            elif key == CLEAR:
                self.counters.cleared += bool(self._keys)
                self.forget()
            elif key == ENTER:
                done += self._end()
            else:
                self._press(key, kind)
        return done

    def expire(self, now_mono_s: float) -> list[str]:
        """The entry that ended by its pause, if any."""
        deadline = self.deadline_mono_s
        return self._end() if deadline is not None and now_mono_s >= deadline else []

    def forget(self) -> None:
        """Let go what was typed so far: a cleared entry, or a lost line."""
        self._keys, self._kind, self._void = "", "", False

    def _decode(self, byte: int) -> tuple[str | None, str]:
        if byte == _LINE_FEED and self._kind != "4":
            # Behind ASCII digits a line feed ends the entry; between 4-bit keys the same byte is the star.
            return ENTER, "ascii"
        for kind, table in (("ascii", _ASCII), ("4", _FOUR_BITS), ("8", _EIGHT_BITS)):
            if byte in table:
                return table[byte], kind
        return None, ""

    def _noise(self, byte: int) -> None:
        """Something that is no key: an entry with a hole is not what was typed."""
        self.counters.noise += 1
        if self._keys and not self._void:
            self.counters.damaged += 1
            self._keys, self._void = "", True

    def _press(self, key: str, kind: str) -> None:
        if self._void:
            return
        if self._kind and kind != self._kind:
            self.counters.damaged += 1
            self._keys, self._void = "", True
            return
        if len(self._keys) >= KEYS_MAX:
            self.counters.too_long += 1
            self._keys, self._void = "", True
            return
        self._keys, self._kind = self._keys + key, kind

    def _end(self) -> list[str]:
        keys = self._keys
        self.forget()
        if not keys:
            return []
        self.counters.entries += 1
        return [keys]
