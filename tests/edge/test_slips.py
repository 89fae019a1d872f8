"""Goods-release slips: issued with consent and approval, matched item by item, used up once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.access.slips import Difference, SlipReason, check, compared, issue_objection
from edge.intents import Answer, Record
from edge.observations import ChangeLists, CheckSlip, PolicyLoaded
from sync.policy import applied
from sync.records import Key, Person, Policy, PutCode, PutKey, PutPerson, PutSlip, Slip, UseSlip, VisitorCode
from tests.edge.conversation import GUARD, NOON_S, Talk

SLIP = Slip(
    id="s1",
    host="3号楼201 王",
    consent_by="王先生",
    approved_by="物业 李",
    items=(("冰箱", 1), ("纸箱", 12)),
    not_before_s=NOON_S - 3600,
    not_after_s=NOON_S + 3600,
    plate="粤B12345",
)
POLICY = applied(Policy(), (PutSlip(SLIP),))
items = st.lists(st.tuples(st.sampled_from(["冰箱", "纸箱", "床"]), st.integers(1, 5)), max_size=4).map(tuple)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({}, None),
        ({"consent_by": " "}, SlipReason.NO_CONSENT),
        ({"approved_by": ""}, SlipReason.NOT_APPROVED),
        ({"items": ()}, SlipReason.NO_ITEMS),
        ({"items": (("床", 0),)}, SlipReason.NO_ITEMS),
        ({"items": ((" ", 1),)}, SlipReason.NO_ITEMS),
        ({"not_after_s": SLIP.not_before_s}, SlipReason.BAD_WINDOW),
    ],
)
def test_a_slip_is_issued_only_with_consent_approval_items_and_window(
    changed: dict[str, Any], reason: SlipReason | None
) -> None:
    assert issue_objection(Policy(), replace(SLIP, **changed)) is reason


def test_a_used_slip_cannot_be_issued_again_under_its_number() -> None:
    used = applied(POLICY, (UseSlip("s1"),))
    assert issue_objection(used, SLIP) is SlipReason.SPENT
    assert issue_objection(used, replace(SLIP, id="s2")) is None


@pytest.mark.parametrize(
    ("changed", "plate", "at_s", "reason"),
    [
        ({}, SLIP.plate, NOON_S, SlipReason.RELEASED),
        ({}, SLIP.plate, SLIP.not_before_s - 1, SlipReason.EARLY),
        ({}, SLIP.plate, SLIP.not_after_s, SlipReason.LATE),
        ({}, "", NOON_S, SlipReason.WRONG_PLATE),
        ({}, "京A00000", NOON_S, SlipReason.WRONG_PLATE),
        ({"plate": ""}, "京A00000", NOON_S, SlipReason.RELEASED),
        ({"used": True}, SLIP.plate, NOON_S, SlipReason.USED),
        ({"revoked": True}, SLIP.plate, NOON_S, SlipReason.REVOKED),
    ],
)
def test_window_plate_and_state_are_checked(
    changed: dict[str, Any], plate: str, at_s: float, reason: SlipReason
) -> None:
    policy = applied(Policy(), (PutSlip(replace(SLIP, **changed)),))
    verdict = check(policy, "s1", SLIP.items, plate, at_s)
    assert (verdict.reason, verdict.released) == (reason, reason is SlipReason.RELEASED)
    assert verdict.changes == ((UseSlip("s1"),) if verdict.released else ())


@pytest.mark.parametrize(
    ("seen", "differs"),
    [
        ((("纸箱", 12), ("冰箱", 1)), ()),
        ((("纸箱", 5), ("纸 箱", 7), ("冰箱", 1)), ()),
        ((("纸箱", 11), ("冰箱", 1)), (Difference("纸箱", 12, 11),)),
        ((("纸箱", 12),), (Difference("冰箱", 1, 0),)),
        ((("纸箱", 12), ("冰箱", 1), ("电视", 1)), (Difference("电视", 0, 1),)),
        ((), (Difference("冰箱", 1, 0), Difference("纸箱", 12, 0))),
    ],
)
def test_a_partial_match_is_refused_and_says_what_differs(
    seen: tuple[tuple[str, int], ...], differs: tuple[Difference, ...]
) -> None:
    verdict = check(POLICY, "s1", seen, SLIP.plate, NOON_S)
    assert verdict.differences == differs
    assert verdict.released == (not differs)


@given(items, items)
def test_goods_leave_only_when_every_total_is_the_listed_one(
    listed: tuple[tuple[str, int], ...], seen: tuple[tuple[str, int], ...]
) -> None:
    def totals(rows: tuple[tuple[str, int], ...]) -> dict[str, int]:
        return {name: sum(n for other, n in rows if other == name) for name, _ in rows}

    assert (not compared(listed, seen)) == (totals(listed) == totals(seen))


def test_the_guards_check_lets_out_once_and_leaves_an_event_each_time() -> None:
    talk = Talk()
    talk.say(ChangeLists(request_id="put", change=PutSlip(SLIP), operator=GUARD))

    def count(boxes: int) -> tuple[Answer, Record]:
        seen = (("冰箱", 1), ("纸箱", boxes))
        act = CheckSlip(request_id="r", slip="s1", seen=seen, note=" 已核对 ", operator=GUARD, plate=SLIP.plate)
        record, answer = talk.say(act)
        assert isinstance(answer, Answer)
        assert isinstance(record, Record)
        return answer, record

    answer, record = count(11)
    assert (answer.ok, answer.reason, record.draft.kind) == (False, "slip_differs", "slip.refused")
    assert record.draft.body["differs"] == [["纸箱", 12, 11]]
    assert record.changes == ()
    answer, record = count(12)
    assert (answer.ok, answer.reason, record.draft.kind) == (True, "slip_released", "slip.checked")
    assert record.changes == (UseSlip("s1"),)
    assert record.draft.body["note"] == "已核对"
    answer, record = count(12)
    assert (answer.ok, answer.reason, record.draft.kind) == (False, "slip_used", "slip.refused")


def test_the_guards_photo_goes_into_the_event_of_the_check() -> None:
    talk = Talk()
    talk.say(PolicyLoaded(POLICY))
    photo = b"\xff\xd8\xff goods"
    said = talk.say(
        CheckSlip(request_id="r1", slip="s1", seen=SLIP.items, note="", operator=GUARD, plate=SLIP.plate, photo=photo)
    )
    [record] = [i for i in said if isinstance(i, Record) and i.draft.kind == "slip.checked"]
    [kept] = record.draft.attachments
    assert (kept.role, kept.mime, kept.data) == ("goods", "image/jpeg", photo)
    assert record.draft.body["photo"] == kept.sha256
    assert record.changes == (UseSlip("s1"),), "use, event and photo land together"


def test_a_slip_without_approval_never_reaches_the_list() -> None:
    talk = Talk()
    [answer] = talk.say(ChangeLists(request_id="put", change=PutSlip(replace(SLIP, approved_by="")), operator=GUARD))
    assert isinstance(answer, Answer)
    assert (answer.ok, answer.reason) == (False, "slip_not_approved")
    assert talk.state.policy.slips == {}


@pytest.mark.parametrize(
    "change",
    [
        PutKey(Key(kind="card", value="5ec2e7", person="p1")),
        PutCode(VisitorCode(id="c1", hmac="5ec2e7", host="h", visitor="v", gates=(), not_before_s=0, not_after_s=1)),
        PutPerson(Person(id="p1", name="Li")),
    ],
    ids=lambda change: type(change).__name__,
)
def test_the_event_of_a_change_names_no_secret(change: PutKey | PutCode | PutPerson) -> None:
    talk = Talk()
    record, answer = talk.say(ChangeLists(request_id="put", change=change, operator=GUARD))
    assert isinstance(record, Record)
    assert isinstance(answer, Answer)
    assert answer.ok
    assert record.changes == (change,)
    assert "5ec2e7" not in repr(record.draft.body)
