"""The demonstration's person door: a keypad, phones where the radio's extra is installed, people who walk. Shell."""

from __future__ import annotations

import threading
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from config.model import InputRef, RelayRef
from devices.sim.gate import SimGate
from devices.sim.pty_link import PtyLink
from edge.demo.site import DOOR, KEYPAD

if TYPE_CHECKING:
    from devices.sim.phone_air import PhoneAir

Emit = Callable[..., None]
PATIENCE_S = 15.0
"""A person in front of a door that stays locked goes away."""
WALK_S, THROUGH_S = 0.6, 1.8
"""From the click of the lock to the open door; how long it stands open."""
PRESS_S = 20.0


def phones() -> PhoneAir | None:
    """A virtual radio; None without the extra ``ble``."""
    if find_spec("bumble") is None:
        return None
    from devices.sim.phone_air import PhoneAir

    return PhoneAir()


class Entrance:
    """``start``, ``step`` with the street, ``stop``."""

    def __init__(self, folder: Path, gate: SimGate, lock: RelayRef, contact: InputRef, emit: Emit) -> None:
        self.keypad = PtyLink(folder / KEYPAD, lambda _data, _now_s: b"")
        self._gate, self._lock, self._contact, self._emit = gate, lock, contact, emit
        self._air = phones()
        self._press: threading.Thread | None = None
        self._waits_until_s = self._opens_s = self._closes_s = 0.0
        self._unlocked = False

    def start(self) -> str:
        """Plug in; returns the phones' adapter, empty without phones."""
        self.keypad.start()
        if self._air is None:
            return ""
        self._air.start()
        return self._air.adapter

    def stop(self) -> None:
        """Unplug, after the press under way has ended."""
        self.keypad.stop()
        if self._press is not None:
            self._press.join()
        if self._air is not None:
            self._air.stop()

    def type(self, keys: str, now_s: float) -> None:
        """Somebody types and waits for the lock."""
        self._waits_until_s = now_s + PATIENCE_S
        self.keypad.say(keys.encode("ascii"))

    def press(self, seed: bytes, now_s: float) -> bool:
        """Somebody presses the door's button on a phone with this key; False: no radio, or one is at it already."""
        if self._air is None or (self._press is not None and self._press.is_alive()):
            return False
        self._waits_until_s = now_s + PATIENCE_S + PRESS_S
        self._press = threading.Thread(target=self._ask, args=(self._air, seed), name="phone", daemon=True)
        self._press.start()
        return True

    def _ask(self, air: PhoneAir, seed: bytes) -> None:
        key = Ed25519PrivateKey.from_private_bytes(seed)
        try:
            answer = air.press(key.public_key().public_bytes_raw(), key.sign, PRESS_S)
        except (OSError, TimeoutError) as error:
            self._emit("phone", door=DOOR, granted=False, cause=f"{type(error).__name__} {error}".strip())
        else:
            self._emit("phone", door=DOOR, granted=answer.status == 0)

    def step(self, now_s: float) -> None:
        """The lock clicks, whoever waits opens the door, goes through, and it falls shut."""
        unlocked = self._gate.output_on(self._lock)
        if unlocked and not self._unlocked and now_s < self._waits_until_s:
            self._opens_s, self._waits_until_s = now_s + WALK_S, 0.0
        self._unlocked = unlocked
        if self._opens_s and now_s >= self._opens_s:
            self._opens_s, self._closes_s = 0.0, now_s + THROUGH_S
            self._move(True)
        if self._closes_s and now_s >= self._closes_s:
            self._closes_s = 0.0
            self._move(False)

    def _move(self, opened: bool) -> None:
        self._gate.set_contact(self._contact, opened)
        self._emit("door_opened" if opened else "door_closed", door=DOOR)
