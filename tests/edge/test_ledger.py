"""The equipment ledger is a fold of the log: uptime by hand-made days, trends, warnings, maintenance."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.model_gate import Equipment
from edge.ledger import Figures, Span, due_on, figures, share_working, warnings_of
from sync.event import Event

DAY_S = 86_400.0
SPAN = Span(from_s=0.0, until_s=10 * DAY_S)
LANE = "lane:east"
TODAY = date(2026, 6, 1)


def line(at_s: float, kind: str, source: str = LANE, mono_s: float | None = None, **body: Any) -> Event:
    return Event(
        seq=1,
        id=f"{at_s}{kind}",
        kind=kind,
        source=source,
        priority=1,
        wall_us=int(at_s * 1e6),
        mono_ns=int((at_s if mono_s is None else mono_s) * 1e9),
        boot_id="b",
        clock="synced",
        body=json.dumps(body),
        prev="",
        hash="",
    )


def uptime(*events: Event) -> float | None:
    return figures(LANE, "gate", events, SPAN).uptime


@pytest.mark.parametrize(
    ("events", "share"),
    [
        ([], None),
        ([line(0, "lane.online")], 1.0),
        ([line(-60 * DAY_S, "lane.online")], 1.0),  # months of silence are months of work
        ([line(0, "lane.online"), line(9 * DAY_S, "lane.offline")], 0.9),
        ([line(0, "lane.online"), line(4 * DAY_S, "lane.offline"), line(5 * DAY_S, "lane.online")], 0.9),
        ([line(0, "lane.offline")], 0.0),
        ([line(5 * DAY_S, "lane.online")], 1.0),  # before its first word it was not observed
        ([line(0, "lane.online"), line(5 * DAY_S, "camera.lost", "camera:east")], 1.0),  # another device
        # while the gateway is stopped nothing is observed: 4 days up, 1 of 5 days down
        (
            [
                line(0, "lane.online"),
                line(4 * DAY_S, "lane.offline"),
                line(5 * DAY_S, "system.stopped", "gateway"),
                line(9 * DAY_S, "system.started", "gateway"),
            ],
            0.8,
        ),
        # killed: nothing is known after the last line that it wrote
        (
            [
                line(0, "lane.online"),
                line(5 * DAY_S, "lane.opening"),
                line(9 * DAY_S, "system.started", "gateway"),
                line(9 * DAY_S, "lane.offline"),
            ],
            5 / 6,
        ),
    ],
)
def test_uptime_is_the_share_of_the_observed_time(events: list[Event], share: float | None) -> None:
    found = uptime(*events)
    assert found == (None if share is None else pytest.approx(share))


@given(
    st.lists(
        st.tuples(
            st.floats(-DAY_S, 11 * DAY_S),
            st.sampled_from(["lane.online", "lane.offline", "lane.fault", "system.started", "system.stopped"]),
        ),
        max_size=20,
    )
)
def test_uptime_is_a_share_whatever_the_log_says(moves: list[tuple[float, str]]) -> None:
    events = [line(at_s, kind, "gateway" if kind.startswith("system") else LANE) for at_s, kind in sorted(moves)]
    found = figures(LANE, "gate", events, SPAN)
    assert found.uptime is None or 0 <= found.uptime <= 1 + 1e-9
    assert found.flaps <= found.losses


def strokes(*lengths_s: float) -> list[Event]:
    events = []
    for number, length_s in enumerate(lengths_s):
        start_s = number * 100.0
        events += [line(start_s, "lane.opening"), line(start_s + length_s, "lane.opened")]
    return events


@pytest.mark.parametrize(
    ("lengths", "warned"),
    [
        ([2.0] * 30, False),
        ([2.0] * 20 + [2.6] * 10, True),
        ([2.0] * 20 + [2.4] * 10, False),  # a fifth slower is wear, not news
        ([0.5] * 20 + [0.7] * 10, False),  # less than 0.3 s is noise
        ([2.0] * 7 + [4.0] * 4, False),  # too few to tell
        ([4.0] * 10 + [2.0] * 20, False),
        ([2.0] * 29 + [50.0], False),  # one odd stroke is no trend
    ],
)
def test_slower_strokes_are_warned_of(lengths: list[float], warned: bool) -> None:
    found = figures(LANE, "gate", strokes(*lengths), SPAN)
    kinds = [w.kind for w in warnings_of(Equipment(device=LANE), found, TODAY)]
    assert ("slower" in kinds) is warned


def test_a_stroke_over_a_reboot_or_a_fault_is_none() -> None:
    other_boot = line(3, "lane.opened")
    object.__setattr__(other_boot, "boot_id", "c")
    events = [line(0, "lane.opening"), other_boot] * 20 + [
        line(10, "lane.opening"),
        line(12, "lane.fault"),
        line(15, "lane.opened"),
    ] * 20
    assert figures(LANE, "gate", events, SPAN).stroke_s is None


def test_flaps_within_the_last_day_are_warned_of() -> None:
    early = [line(1 * DAY_S + n, kind) for n in range(8) for kind in ("lane.offline", "lane.online")]
    late = [line(9.5 * DAY_S + n, kind) for n in range(4) for kind in ("lane.offline", "lane.online")]
    calm, nervous = figures(LANE, "gate", early, SPAN), figures(LANE, "gate", early + late, SPAN)
    assert (calm.losses, calm.flaps, nervous.losses, nervous.flaps) == (8, 0, 12, 4)
    assert [w.kind for w in warnings_of(Equipment(device=LANE), calm, TODAY)] == []
    assert [w.kind for w in warnings_of(Equipment(device=LANE), nervous, TODAY)] == ["flaps"]


@pytest.mark.parametrize(("done", "failed", "warned"), [(18, 1, False), (19, 1, True), (99, 1, False), (0, 20, True)])
def test_failing_commands_are_warned_of(done: int, failed: int, warned: bool) -> None:
    events = [line(n, "command.done") for n in range(done)] + [line(n, "command.failed") for n in range(failed)]
    found = figures(LANE, "gate", events, SPAN)
    kinds = [w.kind for w in warnings_of(Equipment(device=LANE), found, TODAY)]
    assert kinds == (["errors"] if warned else [])


@pytest.mark.parametrize(
    ("installed", "days", "maintained", "due"),
    [
        (None, 90, None, None),
        (date(2026, 1, 1), None, None, None),
        (date(2026, 1, 1), 90, None, date(2026, 4, 1)),
        (date(2026, 1, 1), 90, date(2026, 5, 1), date(2026, 7, 30)),
        (None, 90, date(2026, 3, 3), date(2026, 6, 1)),
    ],
)
def test_maintenance_counts_from_the_last_one_or_from_the_installation(
    installed: date | None, days: int | None, maintained: date | None, due: date | None
) -> None:
    entry = Equipment(device=LANE, installed=installed, maintenance_days=days)
    assert due_on(entry, maintained) == due
    none = figures(LANE, "gate", [], SPAN)
    found = Figures(**{name: getattr(none, name) for name in Figures.__slots__} | {"maintained_on": maintained})
    kinds = [w.kind for w in warnings_of(entry, found, TODAY)]
    assert kinds == (["maintenance"] if due is not None and due <= TODAY else [])


def test_the_latest_maintenance_on_record_counts() -> None:
    events = [
        line(1, "equipment.maintained", "operator:li", equipment="gate", on="2026-05-01"),
        line(2, "equipment.maintained", "operator:li", equipment="gate", on="2026-04-01"),
        line(3, "equipment.maintained", "operator:li", equipment="other", on="2026-06-01"),
    ]
    assert figures(LANE, "gate", events, SPAN).maintained_on == date(2026, 5, 1)


def test_the_sites_share_is_the_mean_over_what_was_observed() -> None:
    assert share_working([1.0, None, 0.5]) == 0.75
    assert share_working([None]) is None
