"""The throwing duty as a whole, on small films of our own."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from tests.vision.falling.walls import FRAME_S, Site, fall, film, path
from vision.falling.watch import FallWatch
from vision.falling.weights import fall_forest
from vision.frame import Frame
from vision.sightings import FallSeen

SITE = Site()
T = np.arange(0, 80) * FRAME_S
FLOOR, X = 6, 2.0
TREES = fall_forest()


def thrown(first_frame: int, x: float = X, floor: int = FLOOR, terminal_mps: float = 24.0) -> np.ndarray:
    start = np.array([x, 0.7, (floor - 1) * 3.0 + 1.5])
    return path(first_frame, fall(T, start, np.array([0.2, 0.6, 0.0]), terminal_mps))


def watch(frames: list[Frame], site: Site = SITE, **more: object) -> list[tuple[float, FallSeen]]:
    """-> when each was said, and what."""
    duty, said = FallWatch("tower", site.facade(**more), prefix="run1", learnt=TREES), []
    for frame in frames:
        said += [(frame.captured_mono_s, one) for one in duty.look(frame)]
    said += [(frames[-1].captured_mono_s + 2, one) for one in duty.expire(frames[-1].captured_mono_s + 2)]
    assert all(isinstance(one, FallSeen) for _, one in said)
    return said  # type: ignore[return-value]


def test_a_thrown_thing_is_told_once_with_floor_column_and_path() -> None:
    frames = film(SITE, [thrown(50)], 4.8)
    said = watch(frames)
    assert len(said) == 1
    at_s, seen = said[0]
    assert (seen.floor, seen.column) == (FLOOR, 4)
    assert seen.floor_low <= FLOOR <= seen.floor_high
    assert seen.kind == "fall"
    assert seen.size == SITE.size
    assert at_s - seen.ended_mono_s < 1.0
    assert seen.started_mono_s == pytest.approx(102.0, abs=0.2)
    assert seen.captured_at_s == pytest.approx(5002.0, abs=0.2)
    assert seen.height_m == pytest.approx(16.5, abs=1.5)
    assert 10 < seen.speed_mps < 25
    assert seen.matter == "run1-fall-1"


def test_the_track_follows_the_thing() -> None:
    places = thrown(50)
    seen = watch(film(SITE, [places], 4.8))[0][1]
    truth = SITE.see(places[1:])
    for point in seen.track:
        where = truth[round((point.at_mono_s - 102.0) / FRAME_S)]
        assert point.x + point.width / 2 == pytest.approx(where[0], abs=2.5)
        assert point.y + point.height / 2 == pytest.approx(where[1], abs=3.5)
    steps = np.diff([point.at_mono_s for point in seen.track])
    assert steps == pytest.approx(FRAME_S, abs=1e-3)


def test_a_long_flutter_stays_small_enough_for_the_link() -> None:
    start = np.array([X, 0.7, 19.5])
    slow = fall(np.arange(0, 400) * FRAME_S, start, np.array([0.2, 0.5, 0.0]), 1.3)
    said = watch(film(SITE, [path(50, slow)], 15.0, side_m=0.5))
    assert len(said) == 1
    assert said[0][1].kind == "flutter"
    assert 100 < len(said[0][1].track) <= 256
    assert len(said[0][1].picture) < 1_500_000


def test_the_picture_shows_the_thing_on_its_way() -> None:
    frames = film(SITE, [thrown(50)], 4.8)
    seen = watch(frames)[0][1]
    picture = cv2.imdecode(np.frombuffer(seen.picture, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None and picture.shape == frames[0].image.shape
    changed = np.abs(picture.astype(int) - frames[0].image).max(2) > 60
    middle = seen.track[len(seen.track) // 2]
    assert changed[int(middle.y) - 8 : int(middle.y) + 16, int(middle.x) - 8 : int(middle.x) + 20].any()


def test_a_still_wall_says_nothing() -> None:
    assert watch(film(SITE, [], 4.0)) == []


def test_two_throws_from_far_apart_are_two_matters() -> None:
    said = watch(film(SITE, [thrown(40, -9.0, 7), thrown(60, 9.0, 5)], 4.8))
    assert [one.matter for _, one in said] == ["run1-fall-1", "run1-fall-2"]
    assert {one.floor for _, one in said} == {7, 5}
    assert {one.column for _, one in said} == {1, 6}


@pytest.mark.parametrize(
    ("start_x", "across_mps", "told"),
    [(-10.0, 0.3, 1), (-19.0, 5.0, 0), (19.0, -5.0, 0)],
    ids=["inside", "left", "right"],
)
def test_beside_the_wall_only_what_starts_inside_of_the_picture_is_told(
    start_x: float, across_mps: float, told: int
) -> None:
    narrow = Site(width_m=8.0, columns=2)
    places = path(50, fall(T, np.array([start_x, 0.7, 19.0]), np.array([across_mps, 0.6, 0.0]), 24.0))
    said = watch(film(narrow, [places], 5.2), narrow)
    assert [seen.floor for _, seen in said] == [0] * told


def test_a_masked_part_is_not_looked_at() -> None:
    everything = [[(0, 0), (1, 0), (1, 1), (0, 1)]]
    assert watch(film(SITE, [thrown(50)], 4.8), masks=everything) == []


def test_a_fall_that_the_stream_breaks_off_is_told_when_time_passes() -> None:
    frames = film(SITE, [thrown(50)], 3.2)
    duty = FallWatch("tower", SITE.facade(), prefix="run1", learnt=TREES)
    assert [one for frame in frames for one in duty.look(frame)] == []
    last_s = frames[-1].captured_mono_s
    assert duty.expire(last_s + 0.1) == []
    assert len(duty.expire(last_s + 1.0)) == 1
    assert duty.expire(last_s + 2.0) == []


def test_missing_pictures_do_not_hide_a_fall() -> None:
    frames = [frame for frame in film(SITE, [thrown(50)], 4.8) if frame.number % 7]
    said = watch(frames)
    assert len(said) == 1
    assert said[0][1].floor == FLOOR


def test_a_new_size_of_picture_begins_anew() -> None:
    duty = FallWatch("tower", SITE.facade(), prefix="run1", learnt=TREES)
    for frame in film(SITE, [], 1.0):
        duty.look(frame)
    other = Site(size=(640, 480), focal_px=560)
    said = [one for frame in film(other, [thrown(50)], 4.8) for one in duty.look(frame)]
    assert len(said) == 1
    assert isinstance(said[0], FallSeen) and said[0].size == (640, 480)


def pumped(frames: list[Frame], numbers: range, for_pictures: int, levels: int = 14) -> list[Frame]:
    """From each of those numbers on, hundreds of small squares are another grey, as after a codec's whole picture."""
    random, changed = np.random.default_rng(3), [frame.image.copy() for frame in frames]
    for number in numbers:
        x, y = random.integers(0, SITE.size[0] - 4, 420), random.integers(0, SITE.size[1] - 4, 420)
        for image in changed[number : number + for_pictures]:
            for left, top in zip(x, y, strict=True):
                patch = image[top : top + 3, left : left + 3]
                patch[:] = np.clip(patch.astype(np.int16) + levels, 0, 255)
    return [replace(frame, image=image) for frame, image in zip(frames, changed, strict=True)]


def test_what_falls_while_a_codec_renews_its_picture_is_followed_from_its_start() -> None:
    """Pictures change everywhere; the strongest of what changed is looked at all the same."""
    frames = pumped(film(SITE, [thrown(50)], 4.8), range(51, 70, 4), 40)
    duty = FallWatch("tower", SITE.facade(), prefix="run1", learnt=TREES)
    said = [one for frame in frames for one in duty.look(frame)] + duty.expire(200.0)
    assert duty.disturbed >= 10
    assert [one.started_mono_s < 102.3 for one in said if isinstance(one, FallSeen)] == [True]


def test_a_codec_that_renews_its_picture_is_no_fall() -> None:
    assert watch(pumped(film(SITE, [], 6.0), range(30, 140, 10), 8)) == []
