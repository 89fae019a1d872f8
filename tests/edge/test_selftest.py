"""The self-test of alarms: every link answers, or is named as silent within its stated time."""

from __future__ import annotations

from typing import Any

import pytest

from config.model import Site
from devices.messages import CommandDone, CommandFailed, FailReason, InputsRead, LinkLost, PulseOutput
from edge.intents import Confirm, Intent, Notify, Record, Send
from edge.observations import Observation, Operator, Written
from edge.push.model import PushDelivered, PushFailed
from edge.react.switchboard import react
from edge.selftest.acts import BeginSelfTest, SelfTestSeen
from edge.selftest.fold import fold
from edge.snapshot_chain import chain_rows
from edge.state import initial
from tests.edge.duty_talk import NOON_S, ZHANG, Desk

SITE = {
    "buses": {"b": {"port": "/dev/null"}},
    "boards": {"io": {"bus": "b"}},
    "sirens": {"yard": {"output": {"board": "io", "relay": 1}, "place": "车棚", "alarm_priority": 3}},
    "desk": {"watch_every_s": 0},
    "push": {"channels": {"wecom": {"url_file": "wecom"}}},
}
LIMITS = {"log": 3.0, "page": 15.0, "siren:yard": 10.0, "push:wecom": 60.0}


class Chain(Desk):
    """A gateway with a page, a siren and a channel; each can be dead."""

    def __init__(self, wall_s: float = NOON_S, **alarms: Any) -> None:
        super().__init__(wall_s)
        self.site = Site.model_validate({**SITE, "alarms": alarms})
        self.state = initial(self.site, "run0-")
        self.intents: list[Intent] = []
        self.say(InputsRead(board="io", levels=(False,) * 8, at_mono_s=self.mono_s))

    def say(self, observation: Observation) -> tuple[bool, str]:
        self.state, intents = react(self.state, observation, self.now)
        self.intents += intents
        self.log += [intent.draft for intent in intents if isinstance(intent, Record)]
        return next(((i.ok, i.reason) for i in intents if hasattr(i, "ok") and hasattr(i, "reason")), (True, ""))

    def begin(self) -> tuple[bool, str]:
        return self.say(BeginSelfTest(request_id="r1", offered_mono_s=self.mono_s - 0.002, operator=ZHANG))

    @property
    def test(self) -> str:
        assert self.state.selftests.run is not None
        return self.state.selftests.run.id

    def disk(self, durable: bool = True) -> None:
        confirm = next(i for i in self.intents if isinstance(i, Confirm))
        self.say(Written(confirm.reference, durable))

    def page(self) -> None:
        self.say(SelfTestSeen(request_id="p", test=self.test, page="10.0.0.9", operator=ZHANG))

    def chirp(self) -> PulseOutput:
        """The first command to the siren."""
        send = next(i for i in self.intents if isinstance(i, Send))
        assert isinstance(send.command, PulseOutput)
        return send.command

    def siren(self) -> None:
        done_s = self.mono_s
        self.say(
            CommandDone(id=self.chirp().id, device="io", first_byte_mono_s=done_s, done_mono_s=done_s, verified=True)
        )

    def channel(self) -> None:
        self.say(
            PushDelivered(channel="wecom", reference=self.test, alarms=(("x", "test"),), tries=1, took_s=0.2, held=0)
        )

    def done(self) -> dict[str, Any]:
        return dict(next(draft.body for draft in reversed(self.log) if draft.kind == "selftest.done"))

    def faults(self) -> list[str]:
        return sorted(
            a.source.removeprefix("selftest:") for a in self.state.alarms.values()
            if a.kind == "selftest.failed" and a.returned_at_s is None
        )  # fmt: skip


ALL = ("disk", "page", "siren", "channel")


def test_a_chain_that_works_proves_every_link_and_leaves_nothing_open() -> None:
    chain = Chain()
    assert chain.begin() == (True, "selftest_begun")
    for number, link in enumerate(ALL):
        chain.mono_s += 0.1 * number
        getattr(chain, link)()
    chain.wait(1)
    body = chain.done()
    assert body["ok"] is True
    assert [(row["link"], row["ok"]) for row in body["links"]] == [
        ("inbox", True), ("log", True), ("page", True), ("siren:yard", True), ("push:wecom", True),
    ]  # fmt: skip
    assert body["links"][0]["ms"] == 2.0
    assert body["links"][2]["detail"] == "10.0.0.9"
    assert not chain.state.alarms
    assert chain_rows(chain.state)["selftest"]["last"]["ok"] is True


@pytest.mark.parametrize(
    ("dead", "link"), [("disk", "log"), ("page", "page"), ("siren", "siren:yard"), ("channel", "push:wecom")]
)
def test_a_dead_link_is_an_alarm_that_names_it_within_its_time_and_not_before(dead: str, link: str) -> None:
    chain = Chain()
    chain.begin()
    for other in ALL:
        if other != dead:
            getattr(chain, other)()
    chain.wait(LIMITS[link] - 0.5, 0.25)
    assert chain.faults() == []
    chain.wait(0.5, 0.25)
    assert chain.faults() == [link]
    assert chain.done()["ok"] is False
    assert [row["link"] for row in chain.done()["links"] if not row["ok"]] == [link]
    alarm = next(iter(chain.state.alarms.values()))
    assert chain.shelve(alarm.id) == (False, "never_shelved")


def test_what_says_that_it_failed_is_not_waited_for() -> None:
    chain = Chain()
    chain.begin()
    chain.disk(durable=False)
    chain.say(CommandFailed(id=chain.chirp().id, device="io", reason=FailReason.NO_REPLY, detail=""))
    chain.say(PushFailed(channel="wecom", reference=chain.test, detail="refused", tries=3, failing_s=30.0, lost=1))
    assert chain.faults() == ["log", "push:wecom", "siren:yard"]
    assert chain.state.sirens["yard"].failing


def test_a_siren_on_a_board_that_does_not_answer_fails_at_once() -> None:
    chain = Chain()
    chain.say(LinkLost(board="io", cause="unplugged", at_mono_s=chain.mono_s))
    chain.begin()
    assert chain.faults() == ["siren:yard"]
    assert not [i for i in chain.intents if isinstance(i, Send)]


def test_the_next_test_that_finds_the_link_working_ends_the_fault() -> None:
    chain = Chain()
    chain.begin()
    chain.wait(61, 0.5)
    assert len(chain.faults()) == 4
    chain.intents.clear()
    chain.begin()
    chain.wait(2.5, 0.25)  # by now the siren sounds because nobody took the faults, and its beats prove it
    for link in ALL:
        getattr(chain, link)()
    assert chain.faults() == []


def test_the_siren_only_chirps_and_the_test_makes_no_flood_and_no_handover() -> None:
    chain = Chain()
    chain.begin()
    assert chain.chirp().pulse_s == pytest.approx(0.1)
    assert not chain.kinds("siren.")
    assert chain.state.flood.opened_mono_s == ()
    for link in ALL:
        getattr(chain, link)()
    chain.wait(200, 5)
    assert len([i for i in chain.intents if isinstance(i, Send)]) == 1


def test_every_channel_gets_the_test_whatever_its_rules_say() -> None:
    chain = Chain()
    chain.begin()
    [notify] = [i for i in chain.intents if isinstance(i, Notify)]
    assert (notify.channels, notify.notice.level, notify.notice.reference) == (("wecom",), "test", chain.test)
    assert notify.notice.title_zh.startswith("【自检】")


def test_one_at_a_time_and_a_page_names_the_test_that_it_saw() -> None:
    chain = Chain()
    chain.begin()
    assert chain.begin() == (False, "selftest_runs")
    other = SelfTestSeen(request_id="p", test="selftest-other", page="", operator=Operator(name="x", role="guard"))
    assert chain.say(other) == (False, "unknown_selftest")


def test_without_the_chirp_it_is_enough_that_the_board_answers() -> None:
    chain = Chain(selftest={"chirp": False})
    chain.begin()
    assert not [i for i in chain.intents if isinstance(i, Send)]
    assert chain.state.selftests.run is not None
    assert chain.state.selftests.run.links["siren:yard"].detail == "board_answers"


def test_the_plan_runs_once_a_day_at_its_time_over_restarts() -> None:
    chain = Chain(NOON_S, selftest={"at": "12:10"})
    chain.wait(9 * 60, 30)
    assert not chain.kinds("selftest.")
    chain.wait(3600, 30)
    assert chain.kinds("selftest.done") == ["selftest.done"]
    assert chain.done()["day"] == "2026-06-01"
    chain.state = initial(chain.site, "run1-")
    known = fold(chain.events())
    assert (known.last_day, known.last["ok"]) == ("2026-06-01", False)
    object.__setattr__(chain.state, "selftests", known)
    chain.wait(6 * 3600, 60)
    assert len(chain.kinds("selftest.done")) == 1
    chain.wait(24 * 3600, 120)
    assert len(chain.kinds("selftest.done")) == 2


def test_the_plan_waits_after_a_start_until_pages_and_boards_are_back() -> None:
    chain = Chain(NOON_S, selftest={"at": "12:00"})
    chain.wait(59, 1)
    assert not chain.kinds("selftest.")
    chain.wait(3, 1)
    assert chain.kinds("selftest.started")


def test_a_test_that_a_restart_cut_short_leaves_no_alarm_behind() -> None:
    chain = Chain()
    chain.begin()
    chain.restart(30)
    assert not [a for a in chain.state.alarms.values() if a.kind == "selftest.alarm"]
