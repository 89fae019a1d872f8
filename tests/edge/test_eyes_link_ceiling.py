"""When something that keeps failing is started again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge.run.ceiling import REST_S, STARTS_MAX, WAITS_S, WINDOW_S, Ceiling, Verdict, after_loss


def losses(times_s: list[float]) -> list[Verdict]:
    ceiling, verdicts = Ceiling(), []
    for now_s in times_s:
        ceiling, verdict = after_loss(ceiling, now_s)
        verdicts.append(verdict)
    return verdicts


def test_a_lone_failure_is_restarted_at_once_however_often_over_the_days() -> None:
    assert losses([number * 3600.0 for number in range(50)]) == [Verdict(0.0, gave_up=False)] * 50


def test_five_restarts_in_a_minute_with_growing_waits_then_a_rest() -> None:
    verdicts = losses([0.0, 1.0, 2.0, 4.0, 8.0, 14.0])
    assert [verdict.wait_s for verdict in verdicts] == [*WAITS_S, REST_S]
    assert [verdict.gave_up for verdict in verdicts] == [False] * 5 + [True]


def test_after_the_rest_it_is_tried_once_a_minute() -> None:
    fast = [0.0, 1.0, 2.0, 4.0, 8.0, 14.0]
    slow = [14.0 + REST_S + 2, 14.0 + 2 * REST_S + 4]
    assert losses(fast + slow)[-2:] == [Verdict(REST_S, gave_up=True)] * 2


def test_a_try_that_holds_for_a_minute_earns_a_fresh_start() -> None:
    fast = [0.0, 1.0, 2.0, 4.0, 8.0, 14.0]
    held = 14.0 + REST_S + WINDOW_S + 1
    assert losses([*fast, held])[-1] == Verdict(0.0, gave_up=False)


@given(st.lists(st.floats(0.0, 30.0), max_size=60))
def test_never_more_than_the_ceiling_in_any_minute(lives_s: list[float]) -> None:
    ceiling, now_s, starts_s = Ceiling(), 0.0, []
    for life_s in lives_s:
        now_s += life_s
        ceiling, verdict = after_loss(ceiling, now_s)
        now_s += verdict.wait_s
        starts_s.append(now_s)
    for start_s in starts_s:
        assert sum(start_s <= other_s < start_s + WINDOW_S - max(WAITS_S) for other_s in starts_s) <= STARTS_MAX
