"""A million hostile pieces into the keypad and the QR scanner, and whatever they say into the gate's decision.

    python benchmarks/fuzz_readers.py [--pieces 1000000]

Genuine entries (a live code, a PIN, a signed pass, a stranger's digits) are bent, cut, glued, mixed with noise and
spread over time; lock-outs are lifted after each decision, so that each one is really looked at. Prints one JSON object
and fails unless nothing raised, no buffer outgrew its bound and nothing opened but what a live credential says.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from devices.keypad import KEYS_MAX, Keypad
from devices.messages import CodeScanned, KeysTyped
from devices.qr_scanner import LINE_MAX, QrScanner
from edge.access.guess_locks import GuessLocks
from edge.observations import Now
from tests.edge.access_talk import Gate, code_for, opened, signed_pass
from tests.edge.people import HELP_PIN, PIN, SHORT_PIN

SEED = 20_261_121
NOISE_MAX = 6


def bent(chance: random.Random, good: list[bytes]) -> bytes:
    """A genuine entry with up to two wrong bytes, cut, glued to another or among noise; or noise alone."""
    if chance.random() < 0.1:
        return chance.randbytes(chance.randrange(1, 40))
    data = bytearray(chance.choice(good))
    for _ in range(chance.randrange(3)):
        data[chance.randrange(len(data))] = chance.randrange(256)
    kind = chance.randrange(5)
    if kind == 0:
        del data[chance.randrange(len(data)) :]
    elif kind == 1:
        data += chance.choice(good)
    elif kind == 2:
        data[:0] = chance.randbytes(chance.randrange(NOISE_MAX))
    elif kind == 3:
        at = chance.randrange(len(data))
        data[at:at] = chance.randbytes(chance.randrange(NOISE_MAX))
    return bytes(data)


class Judge:
    """A gate with one live code of a thousand uses, three PINs and a signed pass."""

    def __init__(self) -> None:
        digits, self.lists = code_for(uses_allowed=1000)
        token, secrets = signed_pass(uses=0, home=0)
        self.live = {digits, *PIN.values(), HELP_PIN, token}
        self.genuine = [*sorted(self.live), SHORT_PIN, "12345678", "123456"]
        self._gate = Gate(self.lists)
        self._fresh = replace(self._gate.state, secrets=secrets)
        self.decisions = self.openings = self.wrong_openings = 0

    def look(self, kind: type[KeysTyped | CodeScanned], text: str, now_mono_s: float) -> None:
        """Decide on what a reader said, as if nothing had been shown before."""
        gate = self._gate
        gate.state = replace(self._fresh, access=replace(self._fresh.access, locks=GuessLocks()))
        gate.log.clear()
        gate.all.clear()
        gate.now = Now(mono_s=gate.now.mono_s + 1.0, wall_s=gate.now.wall_s)
        if kind is KeysTyped:
            said = gate.say(KeysTyped(reader="pad", keys=text, at_mono_s=now_mono_s))
        else:
            said = gate.say(CodeScanned(reader="qr", text=text, at_mono_s=now_mono_s))
        self.decisions += 1
        self.openings += opened(said)
        wrong = opened(said) and text.strip() not in self.live
        self.wrong_openings += wrong
        if wrong:
            print(f"opened by {text!r}", file=sys.stderr)


def keypad(chance: random.Random, judge: Judge, pieces: int) -> dict[str, Any]:
    """ASCII entries, as a keypad sends them and as a broken one does."""
    pad = Keypad()
    good = [f"{text}{end}".encode() for text in judge.genuine if text.isdigit() for end in "#\r"]

    def step(data: bytes, now_s: float) -> None:
        for keys in pad.feed(data, now_s):
            judge.look(KeysTyped, keys, now_s)
        assert len(pad._keys) <= KEYS_MAX

    return _count(chance, judge, good, step, pieces)


def scanner(chance: random.Random, judge: Judge, pieces: int) -> dict[str, Any]:
    """Lines of text, as a scanner sends them and as a broken one does."""
    reader = QrScanner()
    good = [f"{text}\r\n".encode() for text in judge.genuine]

    def step(data: bytes, now_s: float) -> None:
        for text in reader.feed(data, now_s):
            judge.look(CodeScanned, text, now_s)
        assert len(reader._line) <= LINE_MAX

    return _count(chance, judge, good, step, pieces)


def _count(
    chance: random.Random, judge: Judge, good: list[bytes], step: Callable[[bytes, float], None], pieces: int
) -> dict[str, Any]:
    raised, now_s, began_s = 0, 0.0, time.perf_counter()
    for _ in range(pieces):
        now_s += chance.choice((0.01, 0.3, 1.0, 6.0))
        try:
            step(bent(chance, good), now_s)
        except Exception:  # noqa: BLE001 - counting them is the point
            raised += 1
            if raised == 1:
                traceback.print_exc()
    return {
        "pieces": pieces,
        "exceptions": raised,
        "decisions": judge.decisions,
        "openings": judge.openings,
        "openings_without_a_live_credential": judge.wrong_openings,
        "took_s": round(time.perf_counter() - began_s, 1),
    }


def main() -> int:
    """Both readers; the exit status says whether nothing went wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pieces", type=int, default=1_000_000)
    given = parser.parse_args()
    found = {
        "keypad": keypad(random.Random(SEED), Judge(), given.pieces),
        "scanner": scanner(random.Random(SEED), Judge(), given.pieces),
    }
    print(json.dumps(found, indent=2))
    faults = [one["exceptions"] + one["openings_without_a_live_credential"] for one in found.values()]
    return 1 if any(faults) or not all(one["openings"] for one in found.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
