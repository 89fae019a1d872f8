"""Shifts and handing over: nothing that is open slips between two guards; nights in which posts are asked."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.duty.acts import (
    AnswerWatch,
    CancelHandover,
    EndShift,
    OfferHandover,
    SignHandover,
    StartShift,
    TakeItem,
)
from edge.duty.items import open_items
from edge.observations import Operator
from tests.edge.duty_talk import LIN, NOON_S, ZHANG, Desk

BOSS = Operator(name="boss", role="supervisor")
GATE = "gate"
NIGHT_S = NOON_S + 11 * 3600.0


class Post(Desk):
    """A desk with one post that is asked at night."""

    def __init__(self, wall_s: float = NOON_S, **desk: Any) -> None:
        super().__init__(wall_s, **{"watch_every_s": 3600, **desk})

    def start(self, who: Operator = ZHANG, post: str = GATE) -> tuple[bool, str]:
        return self.say(StartShift(request_id="s", post=post, operator=who))

    def end(self, who: Operator = ZHANG, reason: str = "ill") -> tuple[bool, str]:
        return self.say(EndShift(request_id="e", post=GATE, reason=reason, operator=who))

    def offer(self, coming: str = "lin", who: Operator = ZHANG) -> tuple[bool, str]:
        return self.say(OfferHandover(request_id="o", post=GATE, coming=coming, operator=who))

    def takes(self, item: str, who: Operator = LIN, note: str = "") -> tuple[bool, str]:
        return self.say(TakeItem(request_id="t", post=GATE, item=item, note=note, operator=who))

    def sign(self, who: Operator) -> tuple[bool, str]:
        return self.say(SignHandover(request_id="g", post=GATE, operator=who))

    def keep(self, who: Operator = ZHANG) -> tuple[bool, str]:
        return self.say(CancelHandover(request_id="k", post=GATE, operator=who))

    def here(self, who: Operator = ZHANG) -> tuple[bool, str]:
        return self.say(AnswerWatch(request_id="h", post=GATE, operator=who))

    @property
    def guard(self) -> str:
        shift = self.state.duty.shifts.get(GATE)
        return shift.guard if shift is not None else ""


def test_a_post_changes_hands_only_when_every_open_matter_was_taken_and_both_signed() -> None:
    post = Post()
    assert post.start() == (True, "on_duty_now")
    forced, camera = post.open(), post.open(2, "camera.lost", "camera:east")
    post.shelve(camera.id, 600)
    assert post.offer() == (True, "offered")
    keys = [item.key for item in open_items(post.state)]
    assert keys == [f"alarm:{forced.id}", f"alarm:{camera.id}", "shelf:camera.lost@camera:east"]
    assert post.sign(LIN) == (False, "items_left:3")
    for key in keys:
        assert post.takes(key) == (True, "taken_over")
    assert post.sign(LIN) == (True, "signed")
    assert post.guard == "zhang"
    assert post.sign(ZHANG) == (True, "handed_over")
    assert post.guard == "lin"
    assert post.kinds("shift.")[-3:] == ["shift.handed_over", "shift.ended", "shift.started"]


def test_what_opens_while_they_talk_is_added_and_both_sign_again() -> None:
    post = Post()
    post.start()
    post.offer()
    assert post.sign(ZHANG) == (True, "signed")
    alarm = post.open()
    assert post.sign(LIN) == (False, "items_left:1")
    post.takes(f"alarm:{alarm.id}", note="the bolt is loose")
    assert post.sign(LIN) == (True, "signed")
    assert post.guard == "zhang", "the one who leaves signed before there was an alarm"
    assert post.sign(ZHANG) == (True, "handed_over")
    [done] = [draft.body for draft in post.log if draft.kind == "shift.handed_over"]
    assert done["items"] == [{"item": f"alarm:{alarm.id}", "note": "the bolt is loose"}]


REFUSED: dict[str, tuple[str, dict[str, Any], tuple[bool, str]]] = {
    "a post that there is not": ("start", {"post": "roof"}, (False, "unknown_post")),
    "a post that is manned": ("start", {"who": LIN}, (False, "on_duty:zhang")),
    "one's own post twice": ("start", {}, (True, "on_duty:zhang")),
    "ending without a reason": ("end", {"reason": " "}, (False, "reason_needed")),
    "ending somebody else's": ("end", {"who": LIN}, (False, "not_yours")),
    "ending it from above": ("end", {"who": BOSS}, (True, "shift_ended")),
    "handing over to oneself": ("offer", {"coming": "zhang"}, (False, "needs_another_guard")),
    "handing over what is not one's own": ("offer", {"who": LIN, "coming": "wu"}, (False, "not_yours")),
    "signing before it was offered": ("sign", {"who": LIN}, (False, "no_handover")),
    "taking before it was offered": ("takes", {"item": "fire"}, (False, "no_handover")),
    "an answer that nobody asked for": ("here", {}, (False, "nothing_asked")),
}


@pytest.mark.parametrize("case", REFUSED)
def test_who_may_do_what(case: str) -> None:
    act, words, verdict = REFUSED[case]
    post = Post()
    post.start()
    assert getattr(post, act)(**words) == verdict


def test_leaving_without_a_successor_says_what_was_left_open() -> None:
    post = Post()
    post.start()
    alarm = post.open()
    post.end(BOSS, "did not come")
    [ended] = [draft for draft in post.log if draft.kind == "shift.ended"]
    assert (ended.body["guard"], ended.body["left_open"]) == ("zhang", [f"alarm:{alarm.id}"])
    assert ended.source == "operator:boss"


def test_a_handing_over_that_takes_too_long_is_told_once() -> None:
    post = Post(handover_within_s=600)
    post.start()
    post.offer()
    post.wait(601)
    post.restart(down_s=10)
    post.wait(600)
    assert post.kinds("shift.handover_slow") == ["shift.handover_slow"]
    assert [a.kind for a in post.state.alarms.values()] == ["shift.handover_slow"]
    assert post.keep() == (True, "shift_kept")


def test_at_night_the_post_is_asked_every_hour_and_silence_is_an_alarm() -> None:
    post = Post(NIGHT_S)
    post.start()
    post.wait(1)
    assert post.kinds("watch.") == ["watch.asked"]
    post.wait(60)
    assert post.here() == (True, "answered")
    post.wait(3600)
    post.wait(300)
    assert post.kinds("watch.") == ["watch.asked", "watch.answered", "watch.asked", "watch.missed"]
    [alarm] = post.state.alarms.values()
    assert (alarm.kind, alarm.detail, alarm.priority) == ("watch.missed", "zhang", 2)


@pytest.mark.parametrize(("wall_s", "asked"), [(NIGHT_S, True), (NOON_S, False), (NIGHT_S + 6 * 3600, True)])
def test_only_at_night(wall_s: float, asked: bool) -> None:
    post = Post(wall_s)
    post.wait(1)
    assert bool(post.kinds("watch.")) is asked


def test_a_restart_does_not_ask_again_and_does_not_forget_that_it_asked() -> None:
    post = Post(NIGHT_S)
    post.start()
    post.wait(1)
    post.restart(down_s=30, reboot=False)
    post.wait(30)
    assert post.kinds("watch.") == ["watch.asked"]
    assert post.here() == (True, "answered")
    post.wait(600)
    assert post.kinds("watch.") == ["watch.asked", "watch.answered"]


act = st.one_of(
    st.tuples(st.just("start"), st.sampled_from([ZHANG, LIN])),
    st.tuples(st.just("offer"), st.sampled_from(["lin", "zhang"])),
    st.tuples(st.just("sign"), st.sampled_from([ZHANG, LIN])),
    st.tuples(st.just("take"), st.none()),
    st.tuples(st.just("keep"), st.sampled_from([ZHANG, LIN])),
    st.tuples(st.just("end"), st.sampled_from([ZHANG, BOSS])),
    st.tuples(st.just("open"), st.integers(0, 3)),
    st.tuples(st.just("close"), st.none()),
    st.tuples(st.just("wait"), st.floats(1, 4000)),
    st.tuples(st.just("restart"), st.booleans()),
)


def play(post: Post, what: str, given_: Any) -> None:
    match what:
        case "start" | "sign" | "keep" | "end":
            getattr(post, what)(given_)
        case "offer":
            post.offer(given_, ZHANG if given_ == "lin" else LIN)
        case "take":
            for item in open_items(post.state)[:1]:
                handover = post.state.duty.handovers.get(GATE)
                post.takes(item.key, LIN if handover is None or handover.coming == "lin" else ZHANG)
        case "open":
            post.open(2, "camera.lost", f"camera:{given_}")
        case "close":
            for alarm in list(post.state.alarms)[:1]:
                post.close(alarm)
        case "wait":
            post.wait(given_)
        case "restart":
            post.restart(down_s=1.0, reboot=given_)


@settings(max_examples=120, deadline=None)
@given(steps=st.lists(act, max_size=30))
def test_no_open_matter_slips_between_two_shifts_and_a_restart_changes_nothing(steps: list[tuple[str, Any]]) -> None:
    post = Post(NIGHT_S)
    for what, given_ in steps:
        open_before = {item.key for item in open_items(post.state)}
        done_before = post.kinds("shift.handed_over")
        play(post, what, given_)
        if len(post.kinds("shift.handed_over")) > len(done_before):
            done = [draft.body for draft in post.log if draft.kind == "shift.handed_over"][-1]
            assert open_before <= {row["item"] for row in done["items"]}
        before = post.state.duty
        post.restart(down_s=0.0, reboot=False)
        now = post.state.duty
        assert {k: v.guard for k, v in now.shifts.items()} == {k: v.guard for k, v in before.shifts.items()}
        assert {k: (v.leaving, v.coming, v.taken, v.signed, v.told) for k, v in now.handovers.items()} == {
            k: (v.leaving, v.coming, v.taken, v.signed, v.told) for k, v in before.handovers.items()
        }
        assert {k for k, v in now.watches.items() if v.asked} >= {k for k, v in before.watches.items() if v.asked}
