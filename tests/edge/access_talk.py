"""A walk-in lane and a door with a reader of every kind to talk to; its people, their PINs, codes and passes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from config.model import Site
from devices.messages import (
    CardRead,
    KeysTyped,
    LinkBack,
    OpenLane,
    SignalReader,
)
from edge.access.passes import Pass, key_id, make
from edge.access.visitor_codes import Wish, issue
from edge.access.visitors import Secrets
from edge.intents import Confirm, Intent, Record, Send
from edge.observations import Now, Observation, PolicyLoaded, Tick, Written
from edge.react.switchboard import react
from edge.state import initial
from sync.event import EventDraft
from sync.records import Policy
from tests.edge.people import HELP_PIN, LI, MONDAY_NOON_S, PIN, RAW, SHORT_PIN, WANG, at, policy

PEPPER = b"p" * 32


class Gate:
    """A walk-in lane with a reader of every kind."""

    def __init__(self, lists: Policy | None = None, contact: dict[str, Any] | None = None, **rules: Any) -> None:
        readers = {
            **RAW["readers"],
            "pad": {"kind": "keypad", "lane": "walk-in", "port": "/dev/null"},
            "strict": {"kind": "osdp", "lane": "walk-in", "port": "/dev/null", "second_factor": "pin"},
            "qr": {"kind": "qr-serial", "lane": "walk-in", "port": "/dev/null"},
            "qr-cam": {"kind": "qr-camera", "lane": "walk-in", "camera": "east"},
        }
        raw = {**RAW, "readers": readers, "rules": rules, "passes": {"gates": {"walk-in": 1}}}
        raw["cameras"] = {"east": {"source": "0"}}
        raw["doors"] = {**RAW["doors"], "lobby": {**RAW["doors"]["lobby"], "contact": contact}}
        raw["sirens"] = {"yard": {"output": {"board": "box", "relay": 8}}}
        self.state = initial(Site.model_validate(raw), "t")
        self.now = at()
        self.log: list[EventDraft] = []
        self.all: list[Intent] = []
        self.disk = True
        """Every use is on disk at once."""
        self.say(PolicyLoaded(lists or with_pins()))
        self.say(LinkBack(board="box", levels=(False,) * 8, at_mono_s=self.now.mono_s))

    def say(self, observation: Observation) -> list[Intent]:
        self.state, intents = react(self.state, observation, self.now)
        self.log += [i.draft for i in intents if isinstance(i, Record)]
        self.all += intents
        confirms = [i for i in intents if isinstance(i, Confirm)] if self.disk else []
        return [*intents, *(i for c in confirms for i in self.say(Written(c.reference, durable=True)))]

    def wait(self, seconds: float) -> list[Intent]:
        self.now = Now(mono_s=self.now.mono_s + seconds, wall_s=self.now.wall_s + seconds)
        said = self.say(LinkBack(board="box", levels=(False,) * 8, at_mono_s=self.now.mono_s))
        return said + self.say(Tick())

    def card(self, uid: str, reader: str = "r-in") -> list[Intent]:
        return self.say(CardRead(reader=reader, uid=uid, bits=32, at_mono_s=self.now.mono_s))

    def keys(self, typed: str, reader: str = "pad") -> list[Intent]:
        return self.say(KeysTyped(reader=reader, keys=typed, at_mono_s=self.now.mono_s))

    def kinds(self, prefix: str = "access.") -> list[str]:
        return [d.kind for d in self.log if d.kind.startswith(prefix)]


def with_pins() -> Policy:
    """The people of the site, their PINs under this test's pepper."""
    from edge.access.credentials import pin_hmac
    from sync.records import Key

    lists = policy()
    keys = {k: v for k, v in lists.keys.items() if v.kind != "pin"}
    pins = [(PIN[WANG], WANG, False), (PIN[LI], LI, False), (HELP_PIN, WANG, True), (SHORT_PIN, WANG, False)]
    for pin, person, duress in pins:
        key = Key(kind="pin", value=pin_hmac(PEPPER, pin), person=person, duress=duress)
        keys[key.kind, key.value] = key
    return replace(lists, keys=keys)


def gate(lists: Policy | None = None, **rules: Any) -> Gate:
    talk = Gate(lists, **rules)
    talk.state = replace(talk.state, secrets=Secrets(pepper=PEPPER))
    return talk


def opened(intents: list[Intent]) -> bool:
    return any(isinstance(i, Send) and isinstance(i.command, OpenLane) for i in intents)


def signal(intents: list[Intent]) -> SignalReader:
    [only] = [i.command for i in intents if isinstance(i, Send) and isinstance(i.command, SignalReader)]
    return only


def code_for(**wish: Any) -> tuple[str, Policy]:
    """A visitor code and the lists that hold it."""
    lists = with_pins()
    asked = Wish(
        host="1号楼101",
        visitor="访客甲",
        gates=("walk-in",),
        not_before_s=MONDAY_NOON_S - 60,
        not_after_s=MONDAY_NOON_S + 3600,
        **wish,
    )
    issued = issue(lists, PEPPER, asked, MONDAY_NOON_S, new_id="c1", randbelow=lambda n: n // 7, per_host=5)
    assert not isinstance(issued, str)
    return issued.digits, replace(lists, codes={issued.code.hmac: issued.code})


def signed_pass(**fields: Any) -> tuple[str, Secrets]:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from edge.access.pass_keys import verifier

    key = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    issuer = key_id(key.public_key().public_bytes_raw())
    window = {"not_before_s": int(MONDAY_NOON_S) - 60, "not_after_s": int(MONDAY_NOON_S) + 3600}
    made = Pass(**{"id": "00112233445566ff", "gates": frozenset({1}), "uses": 1, "home": 1, **window, **fields})
    return make(made, issuer, key.sign), Secrets(pepper=PEPPER, pass_keys=((issuer, verifier(key.public_key())),))
