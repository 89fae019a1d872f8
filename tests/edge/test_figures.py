"""Figures for managers, against numbers worked out by hand, and what must hold whatever happened."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.model_duty import Alarms
from edge.figures.lives import lives_of
from edge.figures.numbers import joined, overlap_s, percentile
from edge.figures.rates import by_day, by_hour, floods_of, peak_of, rates_of, sources_of, wolves_of
from edge.figures.report import Material, Report, kept_overall, report_of
from edge.figures.responses import Response, responses_of
from edge.figures.rounds import openings_of, patrols_of, watches_of
from edge.figures.spans import Span, days_of, shifts_of, span_of, span_of_shift
from tests.edge.figures_log import DAY, DAY_0_S, ZONE, Log

SETTINGS = Alarms()
"""Urgent: taken within 15 min, on site within 30 min, called back within 1 h; general 2 h and 24 h."""
MIN = 60.0


def response(log: Log, clock: str, priority: int = 1, now_s: float = 86_400) -> Response:
    found = responses_of(lives_of(log.kinds("alarm.")), SETTINGS, DAY_0_S + now_s)
    return next(one for one in found if (one.clock, one.priority) == (clock, priority))


def report(log: Log, span: Span = DAY, now_s: float = 86_400) -> Report:
    material = Material(
        alarms=log.kinds("alarm."),
        shifts=log.kinds("shift."),
        floods=log.kinds("alarm.flood", "system."),
        openings=log.kinds("access.granted", "operator."),
        patrols=log.kinds("patrol."),
        watches=log.kinds("watch."),
        equipment=log.kinds("camera.", "system."),
        devices={"lens": "camera:east"},
    )
    return report_of(span, material, SETTINGS, ZONE, DAY_0_S + now_s)


@pytest.mark.parametrize(
    ("values", "percent", "expected"),
    [([], 50, None), ([7.0], 95, 7.0), ([4.0, 1.0, 3.0, 2.0], 50, 2.0), ([float(n) for n in range(1, 101)], 95, 95.0)],
)
def test_a_percentile_is_by_nearest_rank(values: list[float], percent: int, expected: float | None) -> None:
    assert percentile(values, percent) == expected


def test_response_times_against_the_limit_by_hand() -> None:
    """Four urgent alarms: taken after 1, 5 and 20 min, one closed untaken after 10 min by a person."""
    log = Log()
    for number, id_ in enumerate("abcd"):
        log.alarm(number * 3600, id_)
    log.taken("a", 1 * MIN)
    log.taken("b", 5 * MIN)
    log.taken("c", 20 * MIN)
    log.closed("d", 10 * MIN)
    found = response(log, "respond")
    assert (found.within, found.late, found.waiting) == (3, 1, 0)
    assert (found.p50_s, found.p95_s, found.longest_s) == (5 * MIN, 20 * MIN, 20 * MIN)
    assert found.kept == 0.75


def test_what_is_still_open_counts_as_late_only_once_its_limit_has_passed() -> None:
    log = Log()
    log.alarm(0, "old")
    log.alarm(30 * MIN, "new")
    found = response(log, "respond", now_s=40 * MIN)
    assert (found.within, found.late, found.waiting, found.p50_s, found.kept) == (0, 1, 1, None, 0.0)


def test_whoever_closed_it_from_the_desk_needed_not_be_there() -> None:
    log = Log()
    for id_ in "abc":
        log.alarm(0, id_)
    log.there("a", 29 * MIN)
    log.there("b", 31 * MIN)
    log.closed("c", 2 * MIN, "false")
    found = response(log, "on_site")
    assert (found.within, found.late, found.waiting, found.kept) == (1, 1, 0, 0.5)


def test_a_call_back_is_owed_for_what_was_handled_and_counts_from_the_closing() -> None:
    log = Log()
    for id_ in "abc":
        log.alarm(0, id_)
    log.closed("a", 10 * MIN)
    log.say(40 * MIN, "alarm.called_back", "operator:li", alarm="a", age_s=30 * MIN)
    log.closed("b", 10 * MIN)
    log.closed("c", 10 * MIN, "false")
    found = response(log, "call_back", now_s=80 * MIN)
    assert (found.within, found.late, found.waiting, found.p50_s) == (1, 1, 0, 30 * MIN)


def test_taking_by_mistake_and_coming_back_are_part_of_one_life() -> None:
    log = Log()
    log.alarm(0, "a")
    log.taken("a", 60)
    log.say(63, "alarm.released", "operator:li", alarm="a")
    [life] = lives_of(log.events)
    assert (life.taken_age_s, life.stage) == (None, "new")
    log.taken("a", 120)
    log.closed("a", 200, "returned", by="gateway")
    log.say(210, "alarm.reopened", "lane:east", alarm="a", kind="lane.forced", count=3)
    [life] = lives_of(log.events)
    assert (life.taken_age_s, life.outcome, life.stage, life.count) == (120, "", "taken", 3)


def test_alarms_for_each_guard_hour_by_hand() -> None:
    """One guard from 23:00 the day before to 08:00, another from 08:00 to 20:00: 20 h. Five alarms of three classes."""
    log = Log()
    log.say(-3600, "shift.started", "operator:li", post="gate", guard="li")
    log.say(8 * 3600, "shift.started", "operator:wang", post="gate", guard="wang", after="li")
    log.say(20 * 3600, "shift.ended", "operator:wang", post="gate", guard="wang")
    for number, priority in enumerate((1, 2, 2, 2, 3)):
        log.alarm(3600 * number, f"a{number}", priority)
    rates = report(log).rates
    assert (rates.alarms, rates.urgent, rates.general, rates.system) == (5, 1, 3, 1)
    assert rates.guard_hours == 20.0
    assert rates.per_guard_hour == pytest.approx(4 / 20)


def test_nobody_on_duty_is_no_rate_at_all() -> None:
    log = Log()
    log.alarm(0, "a")
    assert report(log).rates.per_guard_hour is None
    log.say(0, "shift.started", "operator:li", post="gate", guard="li")
    assert report(log, now_s=3599).rates.per_guard_hour is None
    assert report(log, now_s=3600).rates.per_guard_hour == 1.0


def test_the_camera_that_cries_wolf_is_named_by_its_share() -> None:
    """south: 3 of 4 judged are false; north: 1 of 4; west: 2 of 2, too few to say."""
    log = Log()
    verdicts = {"south": ["false"] * 3 + ["handled"], "north": ["false"] + ["handled"] * 3, "west": ["false"] * 2}
    for camera, outcomes in verdicts.items():
        for number, outcome in enumerate(outcomes):
            id_ = f"{camera}{number}"
            log.alarm(number * 60, id_, 2, f"camera:{camera}")
            log.closed(id_, 30, outcome, count=2)
    log.alarm(0, "open", 2, "camera:south")
    found = sources_of(lives_of(log.events))
    south = found[0]
    assert (south.source, south.alarms, south.occurrences, south.false_share) == ("camera:south", 5, 9, 0.75)
    assert [one.source for one in wolves_of(found)] == ["camera:south"]
    assert next(one for one in found if one.source == "camera:west").false_share is None
    assert report(log).rates.false_share == pytest.approx(6 / 10)


def test_minutes_of_flood_by_hand_and_over_a_restart() -> None:
    """10 min that ended by itself, 5 min cut off by a restart, 20 min that began the day before at -10 min."""
    log = Log()
    log.say(-600, "alarm.flood", "gateway", alarms=11)
    log.say(600, "alarm.flood_ended", "gateway", alarms=4)
    log.say(3600, "alarm.flood", "gateway", alarms=11)
    log.say(4200, "alarm.flood_ended", "gateway", alarms=4)
    log.say(7200, "alarm.flood", "gateway", alarms=11)
    log.say(7500, "system.started", "gateway", version="1")
    rates = report(log).rates
    assert rates.flood_min == pytest.approx(10 + 10 + 5)
    assert rates.flood_share == pytest.approx(25 / 1440)


def test_openings_by_reason_place_and_person() -> None:
    log = Log()
    for _ in range(6):
        log.say(10, "access.granted", "lane:east", reason="owner")
    log.say(20, "access.granted", "lane:east", reason="booking")
    log.say(30, "operator.opened", "operator:li", lane="east", reason="courier")
    log.say(40, "operator.unlocked", "operator:li", door="unit-3", reason="courier")
    log.say(50, "operator.held", "operator:wang", lane="east", reason="loading")
    log.say(60, "operator.refused", "operator:wang", lane="east", reason="suspicious")
    found = report(log).openings
    assert (found.granted, found.by_hand, found.by_hand_share) == (7, 3, 0.3)
    assert [(one.name, one.n) for one in found.granted_reasons] == [("owner", 6), ("booking", 1)]
    assert [(one.name, one.n) for one in found.hand_reasons] == [("courier", 2), ("loading", 1)]
    assert [(one.name, one.n) for one in found.hand_places] == [("lane:east", 2), ("door:unit-3", 1)]
    assert [(one.name, one.n) for one in found.hand_people] == [("li", 2), ("wang", 1)]


def test_a_round_counts_once_and_offline_scans_may_make_it_good() -> None:
    log = Log()
    for name, kind, late in (
        ("r1", "patrol.done", False),
        ("r2", "patrol.done", True),
        ("r3", "patrol.missed", False),
        ("r4", "patrol.aborted", False),
        ("r5", "patrol.missed", False),
        ("r5", "patrol.made_good", True),
        ("r6", "patrol.late", False),
    ):
        log.say(0, kind, "patrol:night", route="night", round=name, late=late)
    found = report(log).patrols
    assert (found.done, found.late, found.missed, found.aborted, found.completion) == (3, 2, 1, 1, 0.6)


def test_night_checks_answered_in_time_late_and_not_at_all() -> None:
    log = Log()
    for _ in range(4):
        log.say(0, "watch.asked", "post:gate", post="gate")
    log.say(0, "watch.answered", "operator:li", post="gate", after_s=20, late=False)
    log.say(0, "watch.answered", "operator:li", post="gate", after_s=40, late=False)
    log.say(0, "watch.answered", "operator:li", post="gate", after_s=400, late=True)
    log.say(0, "watch.missed", "post:gate", post="gate", after_s=300)
    found = report(log).watches
    assert (found.asked, found.answered, found.missed, found.kept, found.answer_s_p95) == (4, 2, 2, 0.5, 400)


def test_drills_and_self_tests_are_in_no_figure() -> None:
    log = Log()
    log.say(0, "shift.started", "operator:li", post="gate", guard="li")
    log.alarm(10, "real")
    log.taken("real", 60)
    before = report(log)
    log.alarm(20, "drill", drill=True)
    log.taken("drill", 5000)
    log.closed("drill", 6000, "false")
    log.alarm(30, "self", kind="selftest.alarm")
    log.say(40, "alarm.flood", "gateway", alarms=99, drill=True)
    log.say(41, "operator.opened", "operator:li", lane="east", reason="test", drill=True)
    log.say(42, "patrol.missed", "patrol:night", round="r", drill=True)
    after = report(log)
    assert after.drills == 2
    assert (after.rates, after.responses, after.sources) == (before.rates, before.responses, before.sources)
    assert (after.openings, after.patrols) == (before.openings, before.patrols)


def test_equipment_that_worked_for_three_quarters_of_the_day() -> None:
    log = Log()
    log.say(0, "camera.back", "camera:east", first=True)
    log.say(6 * 3600, "camera.lost", "camera:east", fault="stalled")
    log.say(12 * 3600, "camera.back", "camera:east", down_s=21_600)
    found = report(log)
    assert found.uptime == pytest.approx(0.75)
    assert [(one.name, one.losses) for one in found.equipment] == [("lens", 1)]


def test_a_day_that_is_not_over_counts_until_now() -> None:
    log = Log()
    log.say(0, "shift.started", "operator:li", post="gate", guard="li")
    log.alarm(600, "a")
    found = report(log, now_s=7200)
    assert found.rates.guard_hours == 2.0
    assert [(one.name, one.n) for one in found.days] == [("2026-11-01", 1)]
    assert [one.n for one in found.hours][:2] == [1, 0]


@pytest.mark.parametrize(
    ("period", "day", "name", "days"),
    [
        ("day", date(2026, 11, 1), "2026-11-01", 1),
        ("month", date(2026, 2, 28), "2026-02", 28),
        ("month", date(2026, 12, 31), "2026-12", 31),
        ("quarter", date(2026, 11, 21), "2026-Q4", 92),
        ("quarter", date(2026, 1, 1), "2026-Q1", 90),
    ],
)
def test_spans_follow_the_calendar_of_the_site(period: str, day: date, name: str, days: int) -> None:
    span = span_of(period, day, ZONE)
    assert (span.name, span.length_s) == (name, days * 86_400)
    assert len(list(days_of(span, ZONE))) == days


def test_a_shift_is_a_span_of_its_own() -> None:
    log = Log()
    log.say(0, "shift.started", "operator:li", post="gate", guard="li")
    log.say(3600, "shift.started", "operator:wang", post="gate", guard="wang", after="li")
    first, second = shifts_of(log.events)
    assert (first.until_s, second.until_s) == (DAY_0_S + 3600, None)
    assert span_of_shift(first, DAY_0_S + 9000, ZONE).name == "gate li 2026-11-01 00:00"
    assert span_of_shift(second, DAY_0_S + 9000, ZONE).length_s == 5400


ages = st.floats(min_value=0, max_value=80_000, allow_nan=False)
lives_given = st.lists(
    st.tuples(
        ages,
        st.sampled_from((1, 2, 3)),
        st.none() | ages,
        st.none() | ages,
        st.sampled_from(("handled", "false", "returned")),
    )
)


@given(lives_given)
def test_every_alarm_is_counted_exactly_once_everywhere(given_lives: list) -> None:  # type: ignore[type-arg]
    log = Log()
    for number, (at_s, priority, taken_s, closed_s, outcome) in enumerate(given_lives):
        id_ = f"a{number}"
        log.alarm(at_s, id_, priority, f"camera:{number % 3}")
        if taken_s is not None:
            log.taken(id_, taken_s)
        if closed_s is not None:
            log.closed(id_, closed_s, outcome)
    found = report(log, now_s=90_000)
    rates, n = found.rates, len(given_lives)
    assert rates.alarms == n == rates.urgent + rates.general + rates.system
    assert n == rates.handled + rates.false + rates.returned + rates.open
    assert sum(one.n for one in found.hours) == n == sum(one.n for one in found.days)
    assert sum(one.alarms for one in sources_of(lives_of(log.events))) == n
    for one in found.responses:
        mine = sum(priority == one.priority for _, priority, *_ in given_lives)
        assert one.within + one.late + one.waiting <= mine
        if one.clock == "close" and one.limit_s is not None:
            assert one.within + one.late + one.waiting == mine
        assert one.kept is None or 0 <= one.kept <= 1
        if one.p50_s is not None and one.p95_s is not None and one.longest_s is not None:
            assert one.p50_s <= one.p95_s <= one.longest_s
    overall = kept_overall(found.responses)
    assert overall is None or 0 <= overall <= 1


@given(st.lists(ages))
def test_the_peak_is_what_counting_every_window_finds(times: list[float]) -> None:
    expected = max((sum(at <= other < at + 600 for other in times) for at in times), default=0)
    assert peak_of(times) == expected


@given(st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 1000))))
def test_joined_intervals_cover_the_same_seconds_once(pairs: list[tuple[int, int]]) -> None:
    intervals = [(float(min(a, b)), float(max(a, b))) for a, b in pairs]
    covered = {second for a, b in intervals for second in range(int(a), int(b))}
    assert overlap_s(joined(intervals), (0.0, 1000.0)) == len(covered)


@given(st.lists(st.sampled_from(("alarm.flood", "alarm.flood_ended", "system.started"))))
def test_floods_never_overlap_and_never_run_backwards(kinds: list[str]) -> None:
    log = Log()
    for number, kind in enumerate(kinds):
        log.say(number * 60, kind, "gateway", alarms=1)
    found = floods_of(log.events, DAY_0_S + 86_400)
    assert all(a <= b for a, b in found)
    assert found == sorted(found)
    assert overlap_s(found, (0, 1e12)) == overlap_s(joined(found), (0, 1e12))


def test_empty_figures_are_nothing_and_not_zero() -> None:
    found = report(Log())
    assert found.rates.false_share is None
    assert found.openings.by_hand_share is None
    assert found.patrols.completion is None
    assert kept_overall(found.responses) is None
    assert rates_of([], [], [], DAY).peak == 0
    assert openings_of([]).granted == patrols_of([]).done == watches_of([]).asked == 0
    assert len(by_hour([], ZONE)) == 24
    assert [one.n for one in by_day([], DAY, ZONE)] == [0]
