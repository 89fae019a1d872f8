"""Times of pictures by the stream's stamps: free of jitter, on our clock, never going back."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vision.stream_clock import LAG_MAX_S, StreamClock


def test_late_and_bunched_arrivals_are_evened_out() -> None:
    rng = np.random.default_rng(1)
    delays = np.minimum(rng.exponential(0.08, 2000), 1.5)
    arrived, last = [], 0.0
    for number, delay in enumerate(delays):
        last = max(last, 1000 + number / 25 + float(delay))  # in order, so one late picture holds the next ones up
        arrived.append(last)
    clock = StreamClock()
    taken = [clock.taken(7.0 + number / 25, at_s) for number, at_s in enumerate(arrived)]
    steps = np.diff(taken[200:])
    assert np.abs(steps - 0.04).max() < 0.02
    assert np.abs(np.diff(arrived[200:]) - 0.04).max() > 0.3
    assert max(abs(t - (1000 + n / 25)) for n, t in enumerate(taken[200:], 200)) < 0.05


@pytest.mark.parametrize("drift", [1.0001, 0.9999])
def test_a_camera_whose_clock_is_fast_or_slow_is_followed(drift: float) -> None:
    clock = StreamClock()
    for number in range(25 * 3600):
        at_s = 1000 + number / 25
        taken_s = clock.taken(number / 25 * drift, at_s)
    assert taken_s == pytest.approx(at_s, abs=0.05)


def test_a_stream_that_begins_anew_or_jumps_has_a_new_base() -> None:
    clock = StreamClock()
    assert clock.taken(500.0, 10.0) == 10.0
    later = ((0.0, 10.04), (9000.0, 10.08), (9000.04, 10.08 + LAG_MAX_S + 1))
    assert [clock.taken(stamp_s, arrived_s) for stamp_s, arrived_s in later] == pytest.approx([s for _, s in later])


@given(st.lists(st.tuples(st.floats(-1e5, 1e5), st.floats(0, 10)), min_size=2, max_size=60))
def test_it_never_goes_back_and_is_never_in_the_future_by_more_than_a_step_each(
    seen: list[tuple[float, float]],
) -> None:
    clock, arrived_s = StreamClock(), 1000.0
    taken = []
    for number, (stamp_s, later_s) in enumerate(seen, start=1):
        arrived_s += later_s
        taken.append(clock.taken(stamp_s, arrived_s))
        assert taken[-1] <= arrived_s + number * 1.1e-3
    assert all(sooner < later for sooner, later in pairwise(taken))
