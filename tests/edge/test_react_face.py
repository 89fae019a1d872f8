"""A look at a door: only a sure one of somebody enrolled opens, by the rules of a card; the rest is written down."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, Literal

import pytest

from config.model import Site
from devices.messages import KeysTyped, LinkBack, PulseOutput
from edge.access.credentials import pin_hmac
from edge.access.visitors import Secrets
from edge.intents import Intent, Record, Send
from edge.observations import Observation, PolicyLoaded, Tick
from edge.react.switchboard import react
from edge.state import initial
from sync.event import EventDraft
from sync.records import Consent, Key, Person, Policy
from tests.edge.people import MONDAY_NOON_S, at
from vision.observations import FaceSeen

RAW: dict[str, Any] = {
    "buses": {"rs485": {"port": "/dev/null"}},
    "boards": {"box": {"bus": "rs485"}},
    "cameras": {"lobby-cam": {"source": "0", "duties": ["faces"]}, "yard": {"source": "1", "duties": ["faces"]}},
    "doors": {"lobby": {"place": "大堂", "lock": {"board": "box", "relay": 3}}},
    "readers": {
        "look": {"kind": "face", "door": "lobby", "camera": "lobby-cam", "direction": "in"},
        "pad": {"kind": "keypad", "door": "lobby", "port": "/dev/null", "direction": "in"},
    },
    "schedules": {"office": {"windows": [{"days": ["mon"], "begin": "08:00", "end": "10:00"}]}},
    "passes": {"wrong_max": 2},
}
WANG = "p-wang"
PEPPER = b"p" * 32
PIN = "135790"
OTHER_PIN = "111122"
AGREED = Consent(person=WANG, purpose="door", given_by="self", given_at_s=MONDAY_NOON_S - 9, recorded_by="zhang")


class Lobby:
    """A door with a camera and a keypad, talked to on a made-up clock."""

    def __init__(self, consent: Consent | None = AGREED, second_factor: str = "none", **person: Any) -> None:
        readers = {**RAW["readers"], "look": {**RAW["readers"]["look"], "second_factor": second_factor}}
        self.state = initial(Site.model_validate({**RAW, "readers": readers}), "t")
        self.state = replace(self.state, secrets=Secrets(pepper=PEPPER))
        self.now = at()
        self.log: list[EventDraft] = []
        wang = Person(**{"id": WANG, "name": "王先生", "place": "1号楼101", **person})
        pin = Key(kind="pin", value=pin_hmac(PEPPER, PIN), person=WANG)
        lists = Policy(
            people={WANG: wang},
            keys={(pin.kind, pin.value): pin},
            consents={} if consent is None else {WANG: consent},
        )
        self.say(PolicyLoaded(lists))
        self.say(LinkBack(board="box", levels=(False,) * 8, at_mono_s=self.now.mono_s))

    def say(self, observation: Observation) -> list[Intent]:
        self.state, intents = react(self.state, observation, self.now)
        self.log += [i.draft for i in intents if isinstance(i, Record)]
        return list(intents)

    def look(
        self,
        outcome: Literal["known", "unsure", "stranger"] = "known",
        person: str = WANG,
        camera: str = "lobby-cam",
        reason: str = "",
    ) -> bool:
        """Whether this look pulses the lock."""
        seen = FaceSeen(
            camera=camera, look="l1", outcome=outcome, person=person, reason=reason, score=0.7, second=0.1,
            threshold=0.4, live=0.9, quality=0.8, frames=3, box=(0, 0, 90, 90), captured_mono_s=self.now.mono_s,
            captured_at_s=self.now.wall_s, read_mono_s=self.now.mono_s, picture=b"" if outcome == "known" else b"JPEG",
        )  # fmt: skip
        return unlocked(self.say(seen))

    def type(self, digits: str) -> bool:
        return unlocked(self.say(KeysTyped(reader="pad", keys=digits, at_mono_s=self.now.mono_s)))

    def reasons(self, kind: str = "access.denied") -> list[str]:
        return [str(draft.body["reason"]) for draft in self.log if draft.kind == kind]


def unlocked(intents: list[Intent]) -> bool:
    return any(isinstance(i, Send) and isinstance(i.command, PulseOutput) for i in intents)


def test_somebody_known_opens_and_is_inside() -> None:
    lobby = Lobby()
    assert lobby.look()
    [event] = [draft for draft in lobby.log if draft.kind == "access.granted"]
    assert (event.source, event.body["subject"], event.body["credential"]) == ("door:lobby", "王先生", "face")
    assert event.attachments == ()


ENDED = replace(AGREED, until_s=MONDAY_NOON_S)
REFUSED: dict[str, tuple[Lobby, dict[str, Any], str]] = {
    "a stranger": (Lobby(), {"outcome": "stranger", "person": ""}, "unknown_face"),
    "an unsure look, even if it names somebody": (Lobby(), {"outcome": "unsure"}, "face_unsure"),
    "a known look that names nobody": (Lobby(), {"person": ""}, "face_unsure"),
    "somebody whom the lists no longer have": (Lobby(), {"person": "p-gone"}, "unknown_face"),
    "no consent on record": (Lobby(consent=None), {}, "no_consent"),
    "consent that has ended": (Lobby(consent=ENDED), {}, "no_consent"),
    "somebody blocked": (Lobby(blocked="moved out"), {}, "person_blocked"),
    "outside the schedule": (Lobby(schedule="office"), {}, "outside_schedule"),
    "another gate only": (Lobby(gates=("vault",)), {}, "wrong_gate"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_everything_else_is_refused(case: str) -> None:
    lobby, look, reason = REFUSED[case]
    assert not lobby.look(**look)
    assert lobby.reasons() == [reason]


def test_a_refused_look_keeps_its_picture_under_the_name_that_ends_early() -> None:
    lobby = Lobby()
    lobby.look("unsure", "", reason="not_live")
    [event] = [draft for draft in lobby.log if draft.kind == "access.denied"]
    assert [item.role for item in event.attachments] == ["stranger"]
    assert event.body["detail"] == "not_live"


def test_a_camera_without_a_reader_opens_nothing_and_notes_nobody() -> None:
    lobby = Lobby()
    before = len(lobby.log)
    assert not lobby.look(camera="yard")
    assert len(lobby.log) == before


def test_a_look_then_the_pin_at_the_keypad_of_the_same_door() -> None:
    lobby = Lobby(second_factor="pin")
    assert not lobby.look()
    assert lobby.reasons() == []
    assert lobby.type(PIN)
    assert lobby.reasons("access.granted") == ["person"]


def test_a_wrong_pin_after_a_look_counts_at_the_keypad() -> None:
    lobby = Lobby(second_factor="pin")
    for _ in range(2):
        lobby.look()
        assert not lobby.type(OTHER_PIN)
    lobby.look()
    assert not lobby.type(PIN), "the keypad is locked"
    assert lobby.reasons() == ["wrong_pin", "wrong_pin", "code_locked"]


def test_a_look_without_its_pin_ends_after_twenty_seconds() -> None:
    lobby = Lobby(second_factor="pin")
    lobby.look()
    lobby.now = at(21)
    lobby.say(Tick())
    assert lobby.reasons() == ["awaiting_pin"]
    assert not lobby.type(OTHER_PIN)


def test_no_event_holds_what_the_eyes_measured() -> None:
    lobby = Lobby()
    lobby.look()
    lobby.look("stranger", "")
    text = json.dumps([draft.body for draft in lobby.log], ensure_ascii=False)
    assert not any(word in text for word in ("score", "template", "vector", "0.7"))
