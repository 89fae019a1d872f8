"""A site with readers and a few people for the tests of access."""

from __future__ import annotations

from typing import Any

from config.model import Site
from edge.access.credentials import Credential, CredentialKind, pin_hmac
from edge.observations import Now
from sync.records import Key, Person, Policy

MONDAY_NOON_S = 1_780_286_400.0
"""2026-06-01, 12:00 in Shanghai, a Monday."""
PEPPER = b"sixteen bytes at least"
WANG, LI, CHEF, GONE, TIMED = "p-wang", "p-li", "p-chef", "p-gone", "p-timed"
CARD = {WANG: "04A1B2C3", LI: "04D4E5F6", CHEF: "0411AA22", GONE: "0499FF00", TIMED: "04334455"}
HELP = "04DEAD01"
PIN = {WANG: "13579024", LI: "24680213"}
HELP_PIN = "13579025"
SHORT_PIN = "135790"
"""Of Wang: fewer than eight digits, so a second factor only."""

RAW: dict[str, Any] = {
    "buses": {"rs485": {"port": "/dev/null"}},
    "boards": {"box": {"bus": "rs485"}},
    "lanes": {
        "walk-in": {"kind": "person", "direction": "in", "barrier": {"board": "box", "open_relay": 1}},
        "walk-out": {"kind": "person", "direction": "out", "barrier": {"board": "box", "open_relay": 2}},
    },
    "doors": {
        "lobby": {"place": "大堂", "lock": {"board": "box", "relay": 3}},
        "vault": {"place": "机房", "lock": {"board": "box", "relay": 4}},
    },
    "readers": {
        "r-in": {"kind": "osdp", "lane": "walk-in", "port": "/dev/null"},
        "r-out": {"kind": "osdp", "lane": "walk-out", "port": "/dev/null"},
        "r-lobby": {"kind": "osdp", "door": "lobby", "direction": "in", "port": "/dev/null"},
        "r-lobby-out": {"kind": "osdp", "door": "lobby", "direction": "out", "port": "/dev/null"},
        "r-vault": {"kind": "osdp", "door": "vault", "port": "/dev/null", "second_factor": "pin"},
        "r-ble": {"kind": "ble", "door": "lobby"},
    },
    "schedules": {"office": {"windows": [{"days": ["mon", "tue"], "begin": "08:00", "end": "18:00"}]}},
}


def site(**rules: Any) -> Site:
    """The site with these rules."""
    return Site.model_validate({**RAW, "rules": rules})


def policy() -> Policy:
    """Five people, their cards and PINs, and two ways to call for help."""
    people = [
        Person(id=WANG, name="王先生", place="1号楼101", first_person=True),
        Person(id=LI, name="李女士", gates=("lobby", "vault", "walk-in", "walk-out")),
        Person(id=CHEF, name="周师傅", schedule="office", gates=("lobby",)),
        Person(id=GONE, name="赵先生", blocked="离职"),
        Person(id=TIMED, name="孙先生", valid_until_s=MONDAY_NOON_S + 60),
    ]
    keys = [Key(kind="card", value=uid, person=person) for person, uid in CARD.items()]
    keys += [Key(kind="pin", value=pin_hmac(PEPPER, pin), person=person) for person, pin in PIN.items()]
    keys.append(Key(kind="card", value=HELP, person=WANG, duress=True))
    keys.append(Key(kind="pin", value=pin_hmac(PEPPER, HELP_PIN), person=WANG, duress=True))
    keys.append(Key(kind="pin", value=pin_hmac(PEPPER, SHORT_PIN), person=WANG))
    keys.append(Key(kind="card", value="04B10C4D", person=LI, blocked="挂失"))
    return Policy(people={p.id: p for p in people}, keys={(k.kind, k.value): k for k in keys})


def card(uid: str, gate: str = "lobby", reader: str = "r-lobby", pin: str = "") -> Credential:
    """A card at a reader, with the PIN that followed."""
    hashed = pin_hmac(PEPPER, pin) if pin else ""
    return Credential(kind=CredentialKind.CARD, value=uid, gate=gate, reader=reader, pin=hashed)


def at(seconds: float = 0.0) -> Now:
    """So many seconds after Monday noon."""
    return Now(mono_s=1000.0 + seconds, wall_s=MONDAY_NOON_S + seconds)
