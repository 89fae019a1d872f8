"""Hostile phones at one reader: what they write, what comes of it, and whether any of it would open."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable

from devices.ble_protocol import Drop, Output, PhoneDoor, Send
from devices.messages import PhoneProof
from edge.access.phone_keys import PhoneRefusal, verify
from sync.records import Key
from tests.devices.ble_book import BookPhone

ENROLLED, STRANGER = BookPhone(bytes(range(32))), BookPhone(bytes(32))
KEYS = {("phone", ENROLLED.public.hex()): Key(kind="phone", value=ENROLLED.public.hex(), person="p1")}


def damaged(proof: list[bytes], chance: random.Random) -> list[bytes]:
    """A proof of the enrolled phone that is no longer what the phone wrote, before its last piece."""
    out, at = list(proof), chance.randrange(len(proof) - 1)
    match chance.randrange(6):
        case 0 | 1:
            at = chance.randrange(len(out))
            bent = bytearray(out[at])
            bent[chance.randrange(len(bent))] ^= 1 << chance.randrange(8)
            out[at] = bytes(bent)
        case 2:
            out[at] = out[at][: chance.randrange(len(out[at]))]
        case 3:
            out.insert(at, out[at])
        case 4:
            out[at], out[at + 1] = out[at + 1], out[at]
        case _:
            out.insert(at + 1, chance.randbytes(chance.randrange(24)))
    return out


class Siege:
    """Phones that write whatever comes to mind, against ``PhoneDoor`` and the hub's ``verify``."""

    def __init__(self, seed: int) -> None:
        self.chance, self.now, self.serial = random.Random(seed), 0.0, 0
        self.door = PhoneDoor("east-door")
        self.ends: Counter[str] = Counter()
        self.written = 0
        self.pace_s = 0.6
        self.recorded: list[list[bytes]] = []

    def run(self, pieces: int) -> Counter[str]:
        """Write at least so many pieces; how the proofs ended, ``accepted`` among them."""
        ways: list[Callable[[str], None]] = [self._noise, self._tamper, self._replay, self._stranger, self._misdeliver]
        ways += [self._tamper, self._replay, self._stranger, self._hammer]
        while self.written < pieces:
            connection = self._someone()
            self.pace_s = self.chance.choice((0.02, 0.6, 0.6, 0.6, 4.0))
            self.chance.choice(ways)(connection)
            if self.chance.random() < 0.05:
                self.door.disconnect(connection)
            self._carry_out(self.door.tick(self.now))
        return self.ends

    def _someone(self) -> str:
        here = self.door.connections
        if len(here) < 3 or self.chance.random() < 0.05:
            self.serial += 1
            self._carry_out(self.door.connect(str(self.serial), self.now))
            here = self.door.connections
        return self.chance.choice(here)

    def _write(self, connection: str, data: bytes) -> tuple[Output, ...]:
        self.written += 1
        self.now += self.chance.random() * self.pace_s
        out = self.door.receive(connection, data, self.now, self.chance.randbytes(16))
        self._carry_out(out)
        return out

    def _carry_out(self, out: tuple[Output, ...]) -> None:
        for one in out:
            if isinstance(one, PhoneProof):
                said = verify(one, KEYS, self.now)
                self.ends[said.value if isinstance(said, PhoneRefusal) else "accepted"] += 1
                self.door.verdict(one.connection, False, "", self.now)
            elif isinstance(one, Drop):
                self.door.disconnect(one.connection)

    def _challenge(self, connection: str) -> bytes | None:
        for piece in ENROLLED.press(self.door.hello):
            for one in self._write(connection, piece):
                if isinstance(one, Send) and one.on == "challenge":
                    self.now += self.chance.choice((0.0, 0.0, 0.0, 9.0, 11.0))  # some think it over for too long
                    return one.piece
        return None

    def _noise(self, connection: str) -> None:
        for _ in range(self.chance.randint(1, 8)):
            data = self.chance.randbytes(self.chance.randrange(24))
            if self.chance.random() < 0.5:
                data = bytes((2, self.chance.randrange(6), 6, 88)) + self.chance.randbytes(16)
            self._write(connection, data)

    def _tamper(self, connection: str) -> None:
        if (challenge := self._challenge(connection)) is not None:
            proof = ENROLLED.answer(self.door.hello, challenge)
            for piece in damaged(proof, self.chance):
                self._write(connection, piece)
            self.recorded = [*self.recorded[-50:], proof]

    def _replay(self, connection: str) -> None:
        if self.recorded:
            self._challenge(connection)
            for piece in self.chance.choice(self.recorded):
                self._write(connection, piece)

    def _stranger(self, connection: str) -> None:
        if (challenge := self._challenge(connection)) is not None:
            proof = STRANGER.answer(self.door.hello, challenge)
            if self.chance.random() < 0.5:  # says to be the enrolled one
                proof[0] = proof[0][:4] + ENROLLED.key_id + proof[0][12:]
            for piece in proof:
                self._write(connection, piece)

    def _hammer(self, connection: str) -> None:
        """Presses far faster than a finger."""
        self.pace_s = 0.02
        for _ in range(25):
            self._write(connection, ENROLLED.press(self.door.hello)[0])

    def _misdeliver(self, connection: str) -> None:
        """A good proof, all of it written through another phone's connection."""
        if (challenge := self._challenge(connection)) is not None:
            others = [c for c in self.door.connections if c != connection]
            other = self.chance.choice(others) if others else "nobody"
            for piece in ENROLLED.answer(self.door.hello, challenge):
                self._write(other, piece)
