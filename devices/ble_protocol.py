"""The reader's side of the phone door (docs/phone-door.md). Core: sans-IO, fed connection, bytes, time and random.

    OPEN (a press) --> CHALLENGE (a nonce for this connection, good once, 10 s) --> PROOF --> PhoneProof to the hub
                                                                                          --> VERDICT from the hub

Nothing here opens: a proof is a report, and the hub verifies its signature. Every refusal ends the attempt: what came
is forgotten, its nonce is spent, and the phone begins again with OPEN.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from dataclasses import dataclass, field
from typing import Literal

from devices.ble_format import (
    ACTION_NONE,
    ACTION_OPEN,
    GRANTED,
    ID_BYTES,
    NONCE_BYTES,
    REFUSED,
    VERSION,
    WAITING,
    Assembly,
    Kind,
    Refusal,
    assemble,
    hello,
    pieces,
    reader_id,
    signed_message,
    verdict,
)
from devices.messages import PhoneProof

CONNECTIONS_MAX = 8
CONNECTION_S = 60.0  # an opening takes two; who stays longer only keeps others out
NONCE_S = 10.0
VERDICT_S = 5.0  # the hub answers in milliseconds
SECOND_FACTOR_S = 30.0  # time to type a PIN
REFUSALS_MAX = 10  # on one connection, then it is ended
SPENT_MAX = 256  # nonces remembered as used; an older one is refused as never given out
PIECES_BURST, PIECES_PER_S = 21.0, 3.5  # three whole attempts at once, then one every two seconds
PROOFS_BURST, PROOFS_PER_S = 10.0, 5.0  # of all phones: what the hub must verify at most


@dataclass(frozen=True, slots=True)
class Send:
    """Notify one phone."""

    connection: str
    on: Literal["challenge", "verdict"]
    piece: bytes


@dataclass(frozen=True, slots=True)
class Drop:
    """End a connection."""

    connection: str


Output = Send | Drop | PhoneProof


@dataclass(slots=True)
class _Bucket:
    """A token bucket: ``burst`` at once, ``per_s`` in the long run."""

    burst: float
    per_s: float
    level: float
    at_mono_s: float

    def take(self, now_mono_s: float) -> bool:
        """Take one if there is one."""
        self.level = min(self.burst, self.level + max(0.0, now_mono_s - self.at_mono_s) * self.per_s)
        self.at_mono_s = now_mono_s
        if self.level < 1:
            return False
        self.level -= 1
        return True


@dataclass(slots=True)
class _Phone:
    """One connection."""

    allowance: _Bucket
    leave_mono_s: float
    assembly: Assembly | None = None
    nonce: bytes = b""
    """The last one given out and not spent; empty for none."""
    nonce_until_mono_s: float = 0.0
    waits_until_mono_s: float | None = None
    """A proof went to the hub, its verdict must come until then."""
    refusals: int = 0
    leaving: bool = False


@dataclass(slots=True)
class PhoneDoor:
    """All phones at one reader. Times are monotonic seconds and never run backwards."""

    reader: str
    counters: Counter[str] = field(default_factory=Counter)
    """Refusals by name, proofs, verdicts, and what was ignored."""
    _phones: dict[str, _Phone] = field(default_factory=dict)
    _spent: OrderedDict[bytes, None] = field(default_factory=OrderedDict)
    _proofs: _Bucket = field(default_factory=lambda: _Bucket(PROOFS_BURST, PROOFS_PER_S, PROOFS_BURST, 0.0))

    @property
    def hello(self) -> bytes:
        """Value of the Hello characteristic."""
        return hello(self.reader)

    @property
    def connections(self) -> tuple[str, ...]:
        """Who is connected."""
        return tuple(self._phones)

    def challenge(self, connection: str) -> bytes:
        """Value of the Challenge characteristic as this phone reads it; empty when there is none."""
        phone = self._phones.get(connection)
        return pieces(Kind.CHALLENGE, phone.nonce)[0] if phone is not None and phone.nonce else b""

    def connect(self, connection: str, now_mono_s: float) -> tuple[Output, ...]:
        """A phone connected; one too many is told so and sent away."""
        if len(self._phones) >= CONNECTIONS_MAX:
            self.counters[Refusal.TOO_MANY.name.lower()] += 1
            return (*_tell(connection, REFUSED, Refusal.TOO_MANY), Drop(connection))
        allowance = _Bucket(PIECES_BURST, PIECES_PER_S, PIECES_BURST, now_mono_s)
        self._phones[connection] = _Phone(allowance, now_mono_s + CONNECTION_S)
        return ()

    def disconnect(self, connection: str) -> None:
        """A phone is gone, at whatever point; its nonce dies with it."""
        phone = self._phones.pop(connection, None)
        if phone is not None:
            self._spend(phone)

    def receive(self, connection: str, data: bytes, now_mono_s: float, fresh: bytes) -> tuple[Output, ...]:
        """One write of a phone; ``fresh``: 16 bytes of good random, never passed twice. Never raises for any data."""
        phone = self._phones.get(connection)
        if phone is None or phone.leaving:
            self.counters["ignored"] += 1
            return ()
        if not phone.allowance.take(now_mono_s):
            return self._refuse(connection, phone, Refusal.TOO_FAST)
        if phone.waits_until_mono_s is not None:
            return self._refuse(connection, phone, Refusal.BUSY)
        step = assemble(phone.assembly, data, now_mono_s)
        if isinstance(step, Refusal):
            return self._refuse(connection, phone, step)
        phone.assembly = None if step.done else step
        if not step.done:
            return ()
        if step.kind == Kind.OPEN:
            return self._open(connection, phone, step.payload, now_mono_s, fresh)
        return self._prove(connection, phone, step.payload, now_mono_s)

    def verdict(self, connection: str, granted: bool | None, text: str, now_mono_s: float) -> tuple[Output, ...] | None:
        """The hub's answer to a phone's proof; None when that phone no longer waits for one."""
        phone = self._phones.get(connection)
        if phone is None or phone.waits_until_mono_s is None:
            self.counters["verdict_unclaimed"] += 1
            return None
        phone.waits_until_mono_s = now_mono_s + SECOND_FACTOR_S if granted is None else None
        status = WAITING if granted is None else GRANTED if granted else REFUSED
        self.counters[("granted", "refused", "waiting")[status]] += 1
        return _tell(connection, status, Refusal.GATEWAY if status == REFUSED else Refusal.NONE, text)

    def tick(self, now_mono_s: float) -> tuple[Output, ...]:
        """What the passing of time alone brings; to be called about once a second."""
        said: list[Output] = []
        for connection, phone in self._phones.items():
            if phone.waits_until_mono_s is not None and now_mono_s >= phone.waits_until_mono_s:
                phone.waits_until_mono_s = None
                said += self._refuse(connection, phone, Refusal.NO_VERDICT)
            elif phone.assembly is not None and phone.assembly.slow(now_mono_s):
                said += self._refuse(connection, phone, Refusal.SLOW)
            if now_mono_s >= phone.leave_mono_s and phone.waits_until_mono_s is None and not phone.leaving:
                phone.leaving = True
                said.append(Drop(connection))
        return tuple(said)

    def _open(
        self, connection: str, phone: _Phone, payload: bytes, now_mono_s: float, fresh: bytes
    ) -> tuple[Output, ...]:
        version, action, reader = payload[0], payload[1], payload[2:]
        if version != VERSION:
            return self._refuse(connection, phone, Refusal.WRONG_VERSION)
        if action != ACTION_OPEN:
            wrong = Refusal.NO_PRESS if action == ACTION_NONE else Refusal.UNKNOWN_ACTION
            return self._refuse(connection, phone, wrong)
        if reader != reader_id(self.reader):
            return self._refuse(connection, phone, Refusal.WRONG_READER)
        self._spend(phone)
        # A source of random that repeats itself, or is dry, gives no nonce: an old proof would fit it.
        if len(fresh) != NONCE_BYTES or fresh in self._spent or any(p.nonce == fresh for p in self._phones.values()):
            return self._refuse(connection, phone, Refusal.BUSY)
        phone.nonce, phone.nonce_until_mono_s = fresh, now_mono_s + NONCE_S
        self.counters["challenges"] += 1
        return tuple(Send(connection, "challenge", piece) for piece in pieces(Kind.CHALLENGE, fresh))

    def _prove(self, connection: str, phone: _Phone, payload: bytes, now_mono_s: float) -> tuple[Output, ...]:
        key, signature = payload[:ID_BYTES], payload[ID_BYTES + NONCE_BYTES :]
        nonce = payload[ID_BYTES : ID_BYTES + NONCE_BYTES]
        refusal = self._wrong_nonce(phone, nonce, now_mono_s)
        if refusal is None and not self._proofs.take(now_mono_s):
            refusal = Refusal.BUSY
        if refusal is not None:
            return self._refuse(connection, phone, refusal)
        self._spend(phone)
        phone.waits_until_mono_s = now_mono_s + VERDICT_S
        self.counters["proofs"] += 1
        proof = PhoneProof(
            reader=self.reader,
            connection=connection,
            key_id=key.hex(),
            message=signed_message(reader_id(self.reader), nonce, ACTION_OPEN, key),
            signature=signature,
            at_mono_s=now_mono_s,
        )
        return (proof,)

    def _wrong_nonce(self, phone: _Phone, nonce: bytes, now_mono_s: float) -> Refusal | None:
        if phone.nonce == nonce:
            return Refusal.LATE if now_mono_s >= phone.nonce_until_mono_s else None
        if nonce in self._spent:
            return Refusal.SPENT_NONCE
        if any(other.nonce == nonce for other in self._phones.values()):
            return Refusal.OTHER_CONNECTION
        return Refusal.WRONG_NONCE if phone.nonce else Refusal.NO_CHALLENGE

    def _spend(self, phone: _Phone) -> None:
        """This phone's nonce is never good again."""
        if phone.nonce:
            self._spent[phone.nonce] = None
            phone.nonce = b""
        while len(self._spent) > SPENT_MAX:
            self._spent.popitem(last=False)

    def _refuse(self, connection: str, phone: _Phone, refusal: Refusal) -> tuple[Output, ...]:
        """Say why and end the attempt; too many refusals end the connection."""
        phone.assembly = None
        self._spend(phone)
        phone.refusals += 1
        self.counters[refusal.name.lower()] += 1
        said: tuple[Output, ...] = _tell(connection, REFUSED, refusal)
        if phone.refusals >= REFUSALS_MAX and phone.waits_until_mono_s is None and not phone.leaving:
            phone.leaving = True
            said = (*said, Drop(connection))
        return said


def _tell(connection: str, status: int, refusal: Refusal, text: str = "") -> tuple[Send, ...]:
    return tuple(Send(connection, "verdict", piece) for piece in verdict(status, refusal, text))
