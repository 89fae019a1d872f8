"""Consent, enrolment, expiry and filing as tables."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from config.model import Site
from edge.events import KINDS
from edge.faces.expiry import AT_ONCE, ended
from edge.faces.rules import (
    NEGATIVES_MAX,
    REFUSALS,
    TEMPLATES_MAX,
    ConsentWish,
    Refusal,
    change_refused,
    consent_of,
    filing,
    filing_crossed,
    fourteenth_birthday,
    may_enrol,
    picture_will_do,
)
from edge.intents import Answer, Record
from edge.observations import ChangeLists, Now, Operator, SweepFaces
from edge.react.switchboard import react
from edge.state import State, initial
from sync.records import (
    Change,
    Consent,
    FaceTemplate,
    Person,
    Policy,
    PutConsent,
    PutFace,
    RemoveFaces,
    RemoveNegatives,
)
from tests.edge.people import MONDAY_NOON_S as NOW_S

DAY_S = 86_400.0
AGREED = Consent(person="wang", purpose="开门", given_by="self", given_at_s=NOW_S - DAY_S, recorded_by="zhang")
PEOPLE = {name: Person(id=name, name=name.title()) for name in ("wang", "li", "bao")}
POLICY = Policy(people=PEOPLE, consents={"wang": AGREED}, faces={"wang": 1})
OPERATOR = Operator(name="zhang", role="admin")
FACE = FaceTemplate(id="t1", person="wang", model="m@1", sealed=bytes(540), source="live", quality=0.9)


@pytest.mark.parametrize(
    ("wish", "refused"),
    [
        ({}, ""),
        ({"given_by": "本人"}, ""),
        ({"given_by": "  "}, "face_given_by"),
        ({"purpose": " "}, "face_purpose"),
        ({"under_14": True}, "face_guardian"),
        ({"under_14": True, "given_by": "SELF"}, "face_guardian"),
        ({"under_14": True, "given_by": "王妈妈"}, ""),
        ({"born": date(2012, 6, 2)}, "face_guardian"),
        ({"born": date(2012, 6, 1)}, ""),  # fourteen today
        ({"born": date(2012, 6, 2), "given_by": "王妈妈"}, ""),
        ({"born": date(2027, 1, 1)}, "face_born"),
        ({"given_at_s": NOW_S + 200}, ""),
        ({"given_at_s": NOW_S + 400}, "face_consent_future"),
        ({"until_s": NOW_S}, "face_consent_over"),
        ({"until_s": NOW_S + 1}, ""),
    ],
    ids=str,
)
def test_what_a_consent_needs(wish: dict[str, Any], refused: str) -> None:
    found = consent_of(ConsentWish(**{"purpose": "开门", **wish}), "wang", "zhang", NOW_S)
    assert (found.key if isinstance(found, Refusal) else "") == refused


def test_a_guardians_consent_ends_on_the_fourteenth_birthday_and_the_birthday_is_not_kept() -> None:
    found = consent_of(ConsentWish(purpose="开门", given_by="妈妈", born=date(2015, 3, 4)), "bao", "zhang", NOW_S)
    assert isinstance(found, Consent)
    assert found.until_s == datetime(2029, 3, 4, tzinfo=UTC).timestamp()
    assert "2015" not in repr(found)


@pytest.mark.parametrize(
    ("until_s", "leaves_s", "ends_s"),
    [(None, None, None), (NOW_S + 5, None, NOW_S + 5), (None, NOW_S + 7, NOW_S + 7), (NOW_S + 5, NOW_S + 3, NOW_S + 3)],
)
def test_no_consent_outlasts_the_persons_own_time(
    until_s: float | None, leaves_s: float | None, ends_s: float | None
) -> None:
    found = consent_of(ConsentWish(purpose="开门", until_s=until_s), "wang", "zhang", NOW_S, leaves_s=leaves_s)
    assert isinstance(found, Consent)
    assert found.until_s == ends_s
    gone = consent_of(ConsentWish(purpose="开门", until_s=until_s), "wang", "zhang", NOW_S, leaves_s=NOW_S - 1)
    assert gone == Refusal("face_consent_over")


def test_an_earlier_end_stands() -> None:
    wish = ConsentWish(purpose="开门", given_by="妈妈", born=date(2015, 3, 4), until_s=NOW_S + DAY_S)
    found = consent_of(wish, "bao", "zhang", NOW_S)
    assert isinstance(found, Consent)
    assert found.until_s == NOW_S + DAY_S


@pytest.mark.parametrize(
    ("born", "fourteen"),
    [(date(2012, 2, 29), date(2026, 3, 1)), (date(2010, 12, 31), date(2024, 12, 31))],
)
def test_the_fourteenth_birthday(born: date, fourteen: date) -> None:
    assert fourteenth_birthday(born) == fourteen


@pytest.mark.parametrize(
    ("policy", "person", "negative", "refused"),
    [
        (POLICY, "wang", False, ""),
        (POLICY, "nobody", False, "face_unknown_person"),
        (POLICY, "li", False, "face_no_consent"),
        (replace(POLICY, consents={"wang": replace(AGREED, until_s=NOW_S)}), "wang", False, "face_consent_over"),
        (replace(POLICY, consents={"wang": replace(AGREED, until_s=NOW_S + 1)}), "wang", False, ""),
        (replace(POLICY, faces={"wang": TEMPLATES_MAX - 1}), "wang", False, ""),
        (replace(POLICY, faces={"wang": TEMPLATES_MAX}), "wang", False, "face_templates_full"),
        (replace(POLICY, faces={"wang": TEMPLATES_MAX}), "wang", True, ""),
        (POLICY, "li", True, "face_no_consent"),
    ],
)
def test_who_may_have_one_more_template(policy: Policy, person: str, negative: bool, refused: str) -> None:
    found = may_enrol(policy, person, NOW_S, negative=negative)
    assert (found.key if found else "") == refused


@pytest.mark.parametrize(
    ("given", "refused"),
    [
        ({}, ""),
        ({"problem": "blurred", "matches": ("li",)}, "blurred"),
        ({"matches": ("wang",)}, ""),
        ({"matches": ("li",)}, "face_alike"),
        ({"matches": ("wang", "li")}, "face_alike"),
        ({"matches": ("li",), "twins": True}, ""),
        ({"negative": True}, "face_not_alike"),
        ({"negative": True, "matches": ("li",)}, "face_not_alike"),
        ({"negative": True, "matches": ("li", "wang")}, ""),
        ({"negative": True, "matches": ("wang",), "problem": "too_dark"}, "too_dark"),
    ],
    ids=str,
)
def test_which_picture_will_do(given: dict[str, Any], refused: str) -> None:
    found = picture_will_do(POLICY, "wang", **{"problem": "", "matches": (), **given})
    assert (found.key if found else "") == refused


def test_a_look_alike_is_named_and_every_refusal_has_words() -> None:
    found = picture_will_do(POLICY, "wang", "", ("li", "bao"))
    assert found is not None
    assert "Li (li)" in found.zh
    assert "Bao (bao)" in found.en
    assert str(TEMPLATES_MAX) in Refusal("face_templates_full").en
    assert str(NEGATIVES_MAX) in Refusal("face_negatives_full").zh
    assert all(zh and en for zh, en in REFUSALS.values())
    assert "模糊" in Refusal("blurred").zh
    assert Refusal("of a newer version").en == "of a newer version"


@pytest.mark.parametrize(("enrolled", "due"), [(89, None), (90, False), (99, False), (100, True), (250, True)])
def test_filing_is_told_of_from_nine_tenths_on(enrolled: int, due: bool | None) -> None:
    found = filing(enrolled, 100)
    assert (None if found is None else found.due) is due
    if found is not None:
        assert str(enrolled) in found.zh
        assert str(enrolled) in found.en


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (0, 89, False),
        (89, 90, True),
        (90, 91, False),
        (99, 100, True),
        (100, 101, False),
        (0, 500, True),
        (91, 90, False),
    ],
)
def test_filing_is_told_of_once_at_each_line(before: int, after: int, told: bool) -> None:
    assert (filing_crossed(before, after, 100) is not None) is told


def state(policy: Policy, **faces: Any) -> State:
    begun = initial(Site.model_validate({"faces": faces}), "run")
    return replace(begun, policy=policy)


def at(seconds: float = 0.0) -> Now:
    return Now(mono_s=1000.0 + seconds, wall_s=NOW_S + seconds)


def change(start: State, what: Change) -> tuple[State, Answer, list[Record]]:
    after, intents = react(start, ChangeLists(request_id="r", change=what, operator=OPERATOR), at())
    [verdict] = [i for i in intents if isinstance(i, Answer)]
    return after, verdict, [i for i in intents if isinstance(i, Record)]


@pytest.mark.parametrize(
    ("what", "refused"),
    [
        (PutFace(FACE), ""),
        (PutFace(replace(FACE, person="li")), "face_no_consent"),
        (PutFace(replace(FACE, person="nobody")), "face_unknown_person"),
        (PutConsent(replace(AGREED, person="nobody")), "face_unknown_person"),
        (PutConsent(replace(AGREED, person="li", until_s=NOW_S - 1)), "face_consent_over"),
        (PutConsent(replace(AGREED, person="li")), ""),
        (RemoveFaces("nobody"), ""),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_held_when_the_desk_asked_is_looked_at_again(what: Change, refused: str) -> None:
    found = change_refused(POLICY, what, NOW_S)
    assert (found.key if found else "") == refused
    _, verdict, records = change(state(POLICY), what)
    assert (verdict.ok, verdict.reason if refused else "") == (not refused, refused)
    assert bool(records) is not bool(refused)


@pytest.mark.parametrize(
    ("what", "said"),
    [
        (PutFace(FACE), "face.put"),
        (PutFace(replace(FACE, negative=True)), "face.negative_put"),
        (PutConsent(AGREED), "consent.put"),
        (RemoveFaces("wang"), "faces.removed"),
        (RemoveNegatives("wang"), "face.negatives_removed"),
    ],
)
def test_events_name_people_and_never_templates(what: Change, said: str) -> None:
    [record] = change(state(POLICY), what)[2]
    assert (record.draft.kind, record.draft.body["change"], record.draft.body["person"]) == (
        "lists.changed",
        said,
        "wang",
    )
    assert record.changes == (what,)
    text = str(record.draft.body)
    assert FACE.id not in text
    assert repr(FACE.sealed) not in text
    assert "sealed" not in repr(what)


def test_the_filing_limit_is_told_of_as_it_is_reached() -> None:
    policy = replace(POLICY, faces={}, consents={name: replace(AGREED, person=name) for name in PEOPLE})
    begun = state(policy, filing_limit=2)
    told = []
    for number, name in enumerate(PEOPLE):
        begun, _, records = change(begun, PutFace(replace(FACE, id=f"t{number}", person=name)))
        told += [r.draft.body for r in records if r.draft.kind == "faces.filing"]
    assert told == [{"enrolled": 2, "limit": 2, "due": True}]
    assert KINDS["faces.filing"].priority == 1


def test_templates_go_when_consent_has_ended_and_an_event_says_so() -> None:
    consents = {
        "wang": replace(AGREED, until_s=NOW_S + 10),
        "li": replace(AGREED, person="li", until_s=NOW_S + 11),
        "bao": replace(AGREED, person="bao"),
    }
    begun = state(replace(POLICY, consents=consents, faces={"wang": 3, "li": 1, "bao": 2}))
    begun, intents = react(begun, SweepFaces(), at(9))
    assert intents == ()
    begun, intents = react(begun, SweepFaces(), at(10))
    [record] = intents
    assert isinstance(record, Record)
    assert (record.draft.kind, record.changes) == ("faces.expired", (RemoveFaces("wang"),))
    assert record.draft.body["templates"] == 3
    assert set(begun.policy.faces) == {"li", "bao"}
    assert set(begun.policy.consents) == {"li", "bao"}


def test_nothing_goes_while_the_clock_is_not_trusted() -> None:
    begun = state(replace(POLICY, consents={"wang": replace(AGREED, until_s=NOW_S - 1)}))
    doubtful = replace(begun, access=replace(begun.access, clock_trusted=False))
    assert react(doubtful, SweepFaces(), at())[1] == ()
    assert len(react(begun, SweepFaces(), at())[1]) == 1


def test_many_that_end_together_go_some_at_a_time_the_oldest_first() -> None:
    consents = {f"p{n}": replace(AGREED, person=f"p{n}", until_s=NOW_S - n) for n in range(AT_ONCE * 2 + 1)}
    policy = replace(POLICY, consents=consents)
    assert [c.person for c in ended(policy, NOW_S)] == [f"p{n}" for n in range(AT_ONCE * 2, AT_ONCE, -1)]
    begun = state(policy)
    rounds = []
    for _ in range(4):
        begun, intents = react(begun, SweepFaces(), at())
        rounds.append(len(intents))
    assert rounds == [AT_ONCE, AT_ONCE, 1, 0]
