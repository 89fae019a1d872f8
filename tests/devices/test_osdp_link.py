"""The judgement over one OSDP link, by the clock alone: once lost, once back, never stale."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from devices.messages import SignalReader
from devices.osdp_link import (
    LOST_AFTER_S,
    RETRY_FIRST_S,
    RETRY_MAX_S,
    SETTLE_PAUSE_S,
    SETTLE_S,
    Back,
    Lost,
    ReaderLink,
    Restart,
    Step,
)
from devices.osdp_signal import (
    AMBER,
    CAP_BUZZER,
    CAP_LED,
    CAP_TEXT,
    CMD_BUZZER,
    CMD_LED,
    CMD_TEXT,
    GREEN,
    RED,
    TEXT_MAX,
    parts_of,
)


def secured(at_s: float = 0.0) -> ReaderLink:
    """A link whose channel came up at a time and has settled by ``at_s`` + 1 s."""
    link = ReaderLink("door", at_s)
    link.heard(at_s)
    assert link.watch(True, at_s) == [Back()]
    return link


def kinds(steps: list[Step]) -> list[type]:
    return [type(step) for step in steps]


def test_silence_loses_a_reader_after_two_seconds_and_begins_anew_at_once() -> None:
    link = secured()
    link.heard(5.0)
    assert link.watch(True, 5.0 + LOST_AFTER_S) == []
    assert kinds(link.watch(True, 5.1 + LOST_AFTER_S)) == [Lost, Restart]
    assert "无应答" in next(s.cause for s in ReaderLink("door", 0.0).watch(False, 3.0) if isinstance(s, Lost))


def test_a_reader_that_answered_an_earlier_attempt_is_not_called_silent() -> None:
    link = ReaderLink("door", 0.0)
    link.heard(0.2)
    link.failed(0.3)
    assert kinds(link.watch(False, 0.3 + RETRY_FIRST_S)) == [Restart]
    [lost] = [step for step in link.watch(False, LOST_AFTER_S + 0.1) if isinstance(step, Lost)]
    assert "密钥" in lost.cause
    link.port_back(10.0)
    link.up = None
    [lost] = [step for step in link.watch(False, 10.1 + LOST_AFTER_S) if isinstance(step, Lost)]
    assert "无应答" in lost.cause, "since the port came back it has said nothing"


def test_a_failed_attempt_is_repeated_after_half_a_second_then_ever_more_seldom_up_to_five() -> None:
    link, now_s, at = ReaderLink("door", 0.0), 0.0, [0.0]
    while now_s < 60:
        now_s += 0.05
        link.failed(now_s)
        if Restart() in link.watch(False, now_s):
            at.append(now_s)
    waits = [b - a for a, b in itertools.pairwise(at)]
    assert waits[0] == pytest.approx(RETRY_FIRST_S, abs=0.2)
    assert max(waits) == pytest.approx(RETRY_MAX_S, abs=0.2)
    assert waits == sorted(waits) or waits[-1] == pytest.approx(RETRY_MAX_S, abs=0.2)


def test_a_channel_that_falters_for_a_moment_is_not_worth_an_alarm() -> None:
    link = secured()
    assert link.watch(False, 5.0) == []
    assert not link.takes(5.1), "but nothing counts in between"
    link.heard(6.0)
    assert link.watch(True, 6.0) == []


def test_what_a_reader_kept_is_dropped_until_it_has_run_dry() -> None:
    link = secured(10.0)
    at_s, kept = 10.0, 40  # one per poll, longer than the settling time
    for _ in range(kept):
        at_s += 0.05
        assert not link.takes(at_s)
    assert at_s > 10.0 + SETTLE_S
    assert link.takes(at_s + SETTLE_PAUSE_S + 0.01)
    assert link.dropped.early == kept


def test_after_a_pause_of_ours_what_comes_is_stale() -> None:
    link = secured()
    assert link.takes(5.0)
    link.stalled(100.0)
    assert link.watch(True, 100.0) == [], "the reader was not silent: nobody listened"
    assert not link.takes(100.1)
    assert link.takes(100.1 + SETTLE_S)


def test_the_cause_tells_another_key_from_silence() -> None:
    link = ReaderLink("door", 0.0)
    link.heard(0.5)
    (lost, *_) = link.watch(False, 2.5)
    assert isinstance(lost, Lost)
    assert "key_file" in lost.cause


@given(
    st.lists(
        st.tuples(
            st.sampled_from(
                ["secure", "insecure", "heard", "failed", "event", "port_lost", "port_back", "tamper", "ok"]
            ),
            st.floats(0.0, 4.0),
        ),
        max_size=60,
    )
)
def test_lost_and_back_alternate_and_no_event_counts_without_a_settled_channel(
    history: list[tuple[str, float]],
) -> None:
    link, now_s, said = ReaderLink("door", 0.0), 0.0, []
    secure_since: float | None = None
    tampered = False
    for what, later_s in history:
        now_s += later_s
        steps: list[Step] = []
        if what in ("secure", "insecure"):
            steps = link.watch(what == "secure", now_s)
        elif what == "heard":
            link.heard(now_s)
        elif what == "failed":
            link.failed(now_s)
        elif what == "port_lost":
            steps = link.port_lost("gone")
        elif what == "port_back":
            steps = link.port_back(now_s)
        elif what in ("tamper", "ok"):
            tampered = what == "tamper"
            steps = link.health(tampered, False)
        elif link.takes(now_s):
            assert secure_since is not None
            assert now_s - secure_since >= SETTLE_S
            assert not tampered
        said += [step for step in steps if not isinstance(step, Restart)]
        secure_since = (secure_since if secure_since is not None else now_s) if link.secure else None
    assert all(type(a) is not type(b) for a, b in itertools.pairwise(said))


@pytest.mark.parametrize(
    ("granted", "colour", "beeps"), [(True, GREEN, [1]), (False, RED, [3]), (None, AMBER, [])], ids=str
)
def test_a_signal_is_light_beeps_and_text_that_end_by_themselves(
    granted: bool | None, colour: int, beeps: list[int]
) -> None:
    signal = SignalReader(id="s", reader="door", granted=granted, text="京A " + "x" * 60, expires_mono_s=1.0)
    parts = parts_of(signal, lambda _: True)
    (led,) = (p for p in parts if p["command"] == CMD_LED)
    assert (led["on_color"], led["temporary"], led["timer_count"]) == (colour, True, 30)
    assert [p["rep_count"] for p in parts if p["command"] == CMD_BUZZER] == beeps
    (text,) = (p for p in parts if p["command"] == CMD_TEXT)
    assert text["data"] == ("A " + "x" * 60)[:TEXT_MAX]
    assert parts_of(signal, lambda _: False) == []


def test_the_numbers_are_the_librarys() -> None:
    osdp = pytest.importorskip("osdp_sys", reason="the extra osdp is not installed")
    assert (CMD_LED, CMD_BUZZER, CMD_TEXT) == (osdp.CMD_LED, osdp.CMD_BUZZER, osdp.CMD_TEXT)
    assert (CAP_LED, CAP_BUZZER, CAP_TEXT) == (
        osdp.CAP_READER_LED_CONTROL,
        osdp.CAP_READER_AUDIBLE_OUTPUT,
        osdp.CAP_READER_TEXT_OUTPUT,
    )
    assert (RED, GREEN, AMBER) == (osdp.LED_COLOR_RED, osdp.LED_COLOR_GREEN, osdp.LED_COLOR_AMBER)
