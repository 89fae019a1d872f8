"""One answer per look: tables of frames and what becomes of them, and what holds whatever comes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.model_face import Faces
from vision.faces.looks import LookTracker, Sighting, Verdict, lead

BOX = (100, 100, 200, 230)
FACES = Faces(frames=3, within_s=2.0, gone_after_s=2.0, margin=0.04, liveness="require")
ANN = Sighting(box=BOX, person="ann", score=0.7, second=0.2, threshold=0.5, live=0.9, quality=0.8)
BOB = replace(ANN, person="bob")
NOBODY = replace(ANN, person="cem", score=0.3, second=0.28)
"""A stranger; the nearest one is far."""
NEARLY = replace(ANN, score=0.47)
ALIKE = replace(ANN, second=0.68)
PRINTED = replace(ANN, live=0.1)
SMALL = Sighting(box=BOX, problem="too_small")
TURNED = Sighting(box=BOX, problem="turned")
SEVERAL = Sighting(box=BOX, problem="several_faces")
STRUCK = replace(NOBODY, struck=True)


def watched(
    frames: Sequence[Sighting | None], *, faces: Faces = FACES, period_s: float = 0.2, start_s: float = 50.0
) -> list[Verdict]:
    tracker = LookTracker("l", faces)
    said = []
    for number, frame in enumerate(frames):
        said += tracker.step(frame, (), start_s + number * period_s)
    return said


def summary(said: list[Verdict]) -> list[tuple[str, str]]:
    return [(verdict.outcome, verdict.person or verdict.reason) for verdict in said]


@pytest.mark.parametrize(
    ("frames", "answer"),
    [
        # Known needs three good frames of the same person, and says so once.
        ([ANN] * 2, []),
        ([ANN] * 3, [("known", "ann")]),
        ([ANN] * 40, [("known", "ann")]),
        ([TURNED, ANN, TURNED, ANN, None, ANN], [("known", "ann")]),
        # A frame or two of somebody else do no harm, an even mixture does.
        ([ANN, ANN, NOBODY, ANN], [("known", "ann")]),
        ([ANN, BOB] * 10, [("unsure", "doubtful")]),
        # The mean decides: one weak frame among good ones, or good ones among weak ones.
        ([replace(ANN, score=0.48), ANN, ANN], [("known", "ann")]),
        ([replace(ANN, score=0.51), NEARLY, NEARLY], []),
        # Strangers, once they were seen well for long enough.
        ([NOBODY] * 5, []),
        ([NOBODY] * 40, [("stranger", "")]),
        # Then six frames must agree, not three.
        ([NOBODY] * 11 + [ANN] * 14, [("stranger", ""), ("known", "ann")]),
        ([NOBODY] * 11 + [ANN] * 5 + [TURNED] * 5, [("stranger", "")]),
        # Unsure says what was in the way, and may become known.
        ([SMALL] * 40, [("unsure", "too_small")]),
        ([SMALL] * 5 + [TURNED] * 20, [("unsure", "turned")]),
        ([SEVERAL] * 40, [("unsure", "several_faces")]),
        ([NEARLY] * 40, [("unsure", "doubtful")]),
        ([ALIKE] * 40, [("unsure", "alike")]),
        ([PRINTED] * 40, [("unsure", "not_live")]),
        ([STRUCK, TURNED] * 2 + [TURNED] * 20, [("unsure", "look_alike")]),
        ([SMALL] * 20 + [ANN] * 3, [("unsure", "too_small"), ("known", "ann")]),
        ([SMALL] * 20 + [NOBODY] * 20, [("unsure", "too_small"), ("stranger", "")]),
        # One frame is nothing.
        ([SMALL], []),
        ([], []),
        ([None] * 30, []),
    ],
)
def test_what_becomes_of_a_look(frames: list[Sighting | None], answer: list[tuple[str, str]]) -> None:
    assert summary(watched(frames)) == answer


def test_frames_that_are_too_far_apart_do_not_add_up() -> None:
    assert summary(watched([ANN] * 20, period_s=1.1)) == [("unsure", "moved")]
    assert summary(watched([ANN] * 20, period_s=0.9)) == [("known", "ann")]


@pytest.mark.parametrize(("liveness", "answer"), [("require", "unsure"), ("report", "known"), ("off", "known")])
def test_liveness_is_required_reported_or_left_alone(liveness: str, answer: str) -> None:
    faces = FACES.model_copy(update={"liveness": liveness})
    frames: list[Sighting | None] = [PRINTED if liveness != "off" else replace(PRINTED, live=-1.0)] * 30
    assert watched(frames, faces=faces)[0].outcome == answer


def test_one_live_frame_does_not_make_a_photo_alive_but_one_bad_frame_does_not_make_a_person_a_photo() -> None:
    assert summary(watched([PRINTED, PRINTED, PRINTED, replace(ANN, live=1.0)] * 8)) == [("unsure", "not_live")]
    assert summary(watched([PRINTED, ANN, ANN])) == [("known", "ann")]


@pytest.mark.parametrize("nearest", ["ann", "cem"])
def test_a_living_stranger_lends_no_life_to_a_photo_of_a_resident(nearest: str) -> None:
    """Among few enrolled the nearest to any stranger is soon the very resident whose picture is held up next."""
    said = watched([replace(NOBODY, person=nearest)] * 30 + [PRINTED] * 30)
    assert summary(said) == [("stranger", "")]
    quick = watched([replace(NOBODY, person=nearest)] * 5 + [PRINTED] * 30)
    assert summary(quick) == [("unsure", "not_live")]


def test_an_answer_carries_the_means_of_the_frames_that_decided() -> None:
    scores = (0.6, 0.7, 0.8)
    said = watched([replace(ANN, score=score, second=score / 4) for score in scores])
    assert len(said) == 1
    assert said[0].score == pytest.approx(0.7)
    assert said[0].second == pytest.approx(0.175)
    assert said[0].threshold == pytest.approx(0.5)
    assert said[0].live == pytest.approx(0.9)
    assert (said[0].frames, said[0].box, said[0].look) == (3, BOX, "l-1")


def test_who_goes_and_comes_again_is_looked_at_again() -> None:
    gone: list[Sighting | None] = [None] * 12
    said = watched([*[ANN] * 4, *gone, *[ANN] * 4])
    assert [(verdict.look, verdict.person) for verdict in said] == [("l-1", "ann"), ("l-2", "ann")]
    assert len(watched([*[ANN] * 4, *[None] * 5, *[ANN] * 4])) == 1


def test_a_resident_who_takes_the_place_of_another_is_a_look_of_their_own() -> None:
    said = watched([ANN] * 5 + [BOB] * 30)
    assert [(verdict.look, verdict.person) for verdict in said] == [("l-1", "ann"), ("l-2", "bob")]


def test_two_people_at_different_places_are_two_looks() -> None:
    tracker = LookTracker("l", FACES)
    there = (400, 100, 480, 210)
    said = []
    for number in range(30):
        now_s = number * 0.2
        nearest = ANN if number % 2 else replace(BOB, box=there)
        said += tracker.step(nearest, [there if number % 2 else BOX], now_s)
    assert sorted(summary(said)) == [("known", "ann"), ("known", "bob")]
    assert len({verdict.look for verdict in said}) == 2


def test_nobody_is_forgotten_because_somebody_stands_before_them() -> None:
    tracker = LookTracker("l", FACES)
    near = (300, 60, 500, 300)
    for number in range(5):
        tracker.step(ANN, (), number * 0.2)
    for number in range(5, 30):
        tracker.step(replace(BOB, box=near), [BOX], number * 0.2)
    assert tracker.step(ANN, (), 6.2) == []
    assert tracker.settled(BOX, 6.4) == "ann"
    assert tracker.settled(near, 6.4) == "bob"


def test_people_in_the_background_open_no_look() -> None:
    tiny = Sighting(box=(0, 0, 30, 40), problem="too_small")
    assert watched([tiny] * 50) == []
    assert not LookTracker("l", FACES).undecided


def test_a_face_that_comes_nearer_stays_the_same_look() -> None:
    steps = [(200 - 4 * n, 200 - 5 * n, 250 + 4 * n, 260 + 6 * n) for n in range(20)]
    said = watched([Sighting(box=box, problem="too_small") for box in steps[:18]] + [replace(ANN, box=steps[19])] * 3)
    assert [(verdict.look, verdict.outcome) for verdict in said] == [("l-1", "unsure"), ("l-1", "known")]


@pytest.mark.parametrize(
    ("boxes", "answer"),
    [
        ([], None),
        ([(0, 0, 50, 60)], (0, False)),
        ([(0, 0, 50, 60), (100, 0, 200, 120)], (1, False)),
        ([(0, 0, 90, 100), (100, 0, 200, 120)], (1, True)),
        ([(0, 0, 100, 100), (100, 0, 179, 120)], (0, False)),
        ([(0, 0, 100, 100), (100, 0, 180, 120)], (0, True)),
    ],
)
def test_the_nearest_one_decides_or_it_is_several(
    boxes: list[tuple[int, int, int, int]], answer: tuple[int, bool] | None
) -> None:
    assert lead(boxes) == answer


def test_a_wait_without_frames_ends_a_look() -> None:
    tracker = LookTracker("l", FACES)
    tracker.step(ANN, (), 0.0)
    assert tracker.undecided
    tracker.expire(1.9)
    assert tracker.undecided
    tracker.expire(2.0)
    assert not tracker.undecided


sightings = st.builds(
    Sighting,
    box=st.sampled_from([BOX, (110, 95, 208, 228), (400, 100, 480, 210), (0, 0, 600, 700), (5, 5, 30, 40)]),
    problem=st.sampled_from(["", "", "", "turned", "several_faces"]),
    person=st.sampled_from(["ann", "ann", "bob", ""]),
    score=st.sampled_from([0.9, 0.6, 0.55, 0.49, 0.3, -1.0]),
    second=st.sampled_from([0.1, 0.3, 0.55]),
    struck=st.booleans(),
    threshold=st.just(0.5),
    live=st.sampled_from([0.9, 0.6, 0.2]),
    quality=st.just(0.5),
)
frames_of = st.lists(
    st.tuples(
        st.none() | sightings,
        st.lists(st.sampled_from([BOX, (400, 100, 480, 210)]), max_size=2),
        st.sampled_from([0.0, 0.1, 0.2, 0.2, 0.3, 1.0, 3.0]),
    ),
    max_size=60,
)


@settings(deadline=None, max_examples=400)
@given(frames_of)
def test_whatever_comes_only_enough_agreeing_live_frames_open(
    frames: list[tuple[Sighting | None, list[tuple[int, int, int, int]], float]],
) -> None:
    tracker = LookTracker("l", FACES)
    now_s = 0.0
    said: list[Verdict] = []
    good: list[tuple[float, Sighting]] = []
    for sighting, others, pause_s in frames:
        now_s += pause_s
        if sighting is not None and not sighting.problem:
            good.append((now_s, sighting))
        for verdict in tracker.step(sighting, others, now_s):
            said.append(verdict)
            if verdict.outcome != "known":
                assert verdict.person == ""
                continue
            for_them = [s for at_s, s in good if now_s - at_s <= FACES.within_s and s.person == verdict.person]
            assert len(for_them) >= FACES.frames
            assert sighting is not None
            assert sighting.person == verdict.person  # the frame that decides shows them
            assert not sighting.problem
            assert verdict.score >= verdict.threshold
            assert verdict.score - verdict.second >= FACES.margin
            assert verdict.live >= 0.5
    # Once per look and outcome.
    assert len({(verdict.look, verdict.outcome) for verdict in said}) == len(said)


@settings(deadline=None, max_examples=50)
@given(frames_of)
def test_the_same_frames_give_the_same_answers(
    frames: list[tuple[Sighting | None, list[tuple[int, int, int, int]], float]],
) -> None:
    def run() -> list[Verdict]:
        tracker, now_s, said = LookTracker("l", FACES), 0.0, []
        for sighting, others, pause_s in frames:
            now_s += pause_s
            said += tracker.step(sighting, others, now_s)
        return said

    assert run() == run()


def test_what_is_remembered_is_bounded() -> None:
    tracker = LookTracker("l", FACES)
    for number in range(2000):
        tracker.step(NOBODY if number % 2 else SMALL, (), number * 0.01)
    for number in range(60):
        tracker.step(replace(ANN, box=(number * 400, 0, number * 400 + 90, 100)), (), 20 + number * 0.001)
    looks = tracker._looks
    assert len(looks) <= 8
    assert all(len(look.good) <= 64 and len(look.problems) <= 32 for look in looks)
