"""One answer per vehicle: conversations with the tracker, and what holds for any stream of reads."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.model import Plates
from vision.plate_reader import Box, PlateRead
from vision.plate_text import kind_of
from vision.visits import Ended, Outcome, Verdict, VisitTracker

SETTINGS = Plates(sure_confidence=0.85, sure_votes=2)
GATE: Box = (400, 500, 560, 550)
PARKED: Box = (1400, 300, 1500, 335)


def seen(text: str, confidence: float = 0.95, box: Box = GATE) -> PlateRead:
    kind = kind_of(text)
    assert kind is not None
    return PlateRead(
        text=text,
        confidence=confidence,
        char_confidences=(confidence,) * len(text),
        box=box,
        color="blue",
        rows=1,
        kind=kind,
    )


def moved(box: Box, dx: int, dy: int = 0) -> Box:
    return box[0] + dx, box[1] + dy, box[2] + dx, box[3] + dy


class Camera:
    """Feeds frames at a fixed rate and collects what the tracker says."""

    def __init__(self, plates: Plates = SETTINGS, step_s: float = 0.25) -> None:
        self.tracker = VisitTracker("cam", plates)
        self.step_s = step_s
        self.now_s = 100.0
        self.said: list[Outcome] = []

    def frame(self, *reads: PlateRead) -> list[Outcome]:
        self.now_s += self.step_s
        outcomes = self.tracker.step(reads, self.now_s, 1.7e9 + self.now_s)
        self.said += outcomes
        return outcomes

    def frames(self, count: int, *reads: PlateRead) -> None:
        for _ in range(count):
            self.frame(*reads)

    def told(self) -> list[tuple[str, str]]:
        return [(o.outcome if isinstance(o, Verdict) else "ended", o.text) for o in self.said]


def test_two_agreeing_reads_are_sure_once_and_the_car_that_leaves_ends_the_visit() -> None:
    camera = Camera()
    assert camera.frame(seen("京A12345")) == []
    (verdict,) = camera.frame(seen("京A12345", 0.9))
    assert isinstance(verdict, Verdict)
    assert (verdict.outcome, verdict.text, verdict.confidence, verdict.frames) == ("sure", "京A12345", 0.95, 2)
    assert (verdict.captured_mono_s, verdict.box) == (camera.now_s, GATE)
    camera.frames(40, seen("京A12345"))
    last_seen_s = camera.now_s
    camera.frames(20)
    ended = camera.said[-1]
    assert isinstance(ended, Ended)
    assert (ended.visit, ended.text, ended.ended_mono_s) == (verdict.visit, "京A12345", last_seen_s)
    assert camera.told() == [("sure", "京A12345"), ("ended", "京A12345")]


def test_a_saturated_single_read_is_not_enough() -> None:
    camera = Camera()
    camera.frame(seen("京A12345", 1.0))
    camera.frames(20)
    assert camera.told() == [("ended", "京A12345")]


def test_weak_reads_go_to_the_guard_once_and_may_become_sure_later() -> None:
    camera = Camera()
    camera.frames(60, seen("京A12345", 0.7))
    assert camera.told() == [("unsure", "京A12345")]
    camera.frames(2, seen("京A12345", 0.9))
    assert camera.told() == [("unsure", "京A12345"), ("sure", "京A12345")]
    assert len({o.visit for o in camera.said}) == 1


def test_a_plate_that_is_now_and_then_misread_with_confidence_is_not_sure() -> None:
    camera = Camera()
    for _ in range(6):
        camera.frame(seen("黑A2666K", 0.9))
        camera.frames(2, seen("黑A2666K", 0.4))
    assert camera.told() == []
    camera.frames(2, seen("黑A2666K", 0.9))
    assert camera.told() == [("sure", "黑A2666K")]


def test_rivals_with_as_many_votes_hold_the_answer_back() -> None:
    camera = Camera()
    camera.frames(3, seen("京A12345", 0.7))
    camera.frames(3, seen("京A12346", 0.95))
    assert camera.told() == []
    camera.frame(seen("京A12346", 0.95))
    assert camera.told() == [("sure", "京A12346")]


def test_a_flickering_misread_is_the_same_visit() -> None:
    camera = Camera()
    for text in ("京A12345", "京A12845", "京A12345", "京AB2845", "京A12345", "京A12845", "京A12345"):
        camera.frame(seen(text))
    assert {o.visit for o in camera.said} == {"cam-1"}
    assert camera.told() == [("sure", "京A12345")]


def test_a_parked_car_neither_answers_again_nor_hides_a_moving_one() -> None:
    camera = Camera()
    parked = seen("沪B54321", box=PARKED)
    camera.frames(400, parked)
    assert camera.told() == [("sure", "沪B54321")]
    for i in range(8):
        camera.frame(parked, seen("京A12345", box=moved(GATE, 60 * i)))
    camera.frames(400, parked)
    assert camera.told() == [("sure", "沪B54321"), ("sure", "京A12345"), ("ended", "京A12345")]


@pytest.mark.parametrize("hidden_s", [4.0, 60.0, 240.0])
def test_a_parked_car_that_others_hide_for_a_while_does_not_answer_again(hidden_s: float) -> None:
    camera = Camera()
    parked = seen("沪B54321", box=PARKED)
    camera.frames(400, parked)
    lorry = seen("京A12345", box=moved(GATE, 60))
    camera.frames(round(hidden_s / camera.step_s), lorry)
    camera.frames(40, parked)
    assert [told for told in camera.told() if told[1] == parked.text] == [("sure", parked.text)]


def test_a_parked_car_that_left_unseen_and_comes_back_is_a_new_visit() -> None:
    camera = Camera()
    camera.frames(400, seen("沪B54321"))
    camera.frames(80)
    for i in range(8):
        camera.frame(seen("沪B54321", box=moved(GATE, -600 + 75 * i)))
    assert camera.told() == [("sure", "沪B54321"), ("ended", "沪B54321"), ("sure", "沪B54321")]
    assert camera.said[0].visit != camera.said[2].visit


def test_the_next_car_in_the_place_of_one_that_waited_for_long_is_told_of_at_once() -> None:
    camera = Camera()
    camera.frames(400, seen("沪B54321"))
    camera.frames(20)
    camera.frames(40, seen("沪B54329", 0.7))
    assert camera.told() == [("sure", "沪B54321"), ("unsure", "沪B54329")]


def test_a_parked_car_that_stays_away_is_gone() -> None:
    camera = Camera()
    camera.frames(400, seen("沪B54321"))
    last_s = camera.now_s
    camera.frames(1300)
    ended = camera.said[-1]
    assert isinstance(ended, Ended)
    assert ended.ended_mono_s == last_s


def test_the_reads_of_the_last_frame_are_told_by_visit() -> None:
    camera = Camera()
    first, second = seen("京A12345"), seen("沪B54321", box=PARKED)
    camera.frame(first, second)
    assert camera.tracker.seen == {"cam-1": first, "cam-2": second}
    camera.frame(second)
    assert camera.tracker.seen == {"cam-2": second}


def test_a_car_that_drives_is_one_visit() -> None:
    camera = Camera()
    for i in range(12):
        camera.frame(seen("京A12345", box=moved(GATE, 100 * i, 20 * i)))
    camera.frames(20)
    assert camera.told() == [("sure", "京A12345"), ("ended", "京A12345")]


def test_another_text_in_the_same_place_is_another_visit() -> None:
    camera = Camera()
    camera.frames(4, seen("京A12345"))
    camera.frames(4, seen("沪B98K76"))
    assert camera.told() == [("sure", "京A12345"), ("sure", "沪B98K76")]
    assert len({o.visit for o in camera.said}) == 2


@pytest.mark.parametrize("gap_frames", [12, 13, 40])
def test_cars_with_similar_plates_one_after_the_other_are_two_visits(gap_frames: int) -> None:
    camera = Camera()
    camera.frames(4, seen("京A12345"))
    camera.frames(gap_frames)
    camera.frames(4, seen("京A12346"))
    assert camera.told() == [("sure", "京A12345"), ("ended", "京A12345"), ("sure", "京A12346")]
    assert camera.said[0].visit != camera.said[2].visit


def test_a_similar_plate_that_stays_has_taken_the_place_even_without_a_gap() -> None:
    camera = Camera()
    camera.frames(4, seen("京A12345"))
    camera.frames(8, seen("京A12346"))
    assert camera.told() == [("sure", "京A12345"), ("ended", "京A12345"), ("sure", "京A12346")]
    assert len({o.visit for o in camera.said}) == 2


def test_neighbours_with_similar_plates_are_two_visits() -> None:
    camera = Camera()
    camera.frames(6, seen("京A12345"), seen("京A12346", box=moved(GATE, 200)))
    assert sorted(camera.told()) == [("sure", "京A12345"), ("sure", "京A12346")]


def test_garbage_read_before_the_car_is_near_belongs_to_its_visit() -> None:
    camera = Camera()
    camera.frames(2, seen("川C8Z111", 0.3))
    camera.frames(3, seen("京A12345"))
    assert camera.told() == [("sure", "京A12345")]
    assert camera.said[0].visit == "cam-1"


def test_badges_that_read_as_a_very_weak_plate_open_nothing() -> None:
    camera = Camera()
    camera.frames(100, seen("京A12345", 0.1))
    camera.frames(20)
    assert camera.said == []


def test_plates_below_the_smallest_width_are_left_out() -> None:
    camera = Camera()
    camera.frames(10, seen("京A12345", box=(10, 10, 10 + SETTINGS.min_width_px - 1, 22)))
    assert camera.said == []


def test_time_without_frames_ends_visits_and_closing_ends_the_rest() -> None:
    camera = Camera()
    camera.frames(2, seen("京A12345"), seen("沪B98K76", box=PARKED))
    assert camera.tracker.expire(camera.now_s + SETTINGS.gone_after_s - 0.01) == []
    assert {o.text for o in camera.tracker.close()} == {"京A12345", "沪B98K76"}
    assert camera.tracker.expire(camera.now_s + 100) == []


def test_the_number_of_visits_is_bounded() -> None:
    camera = Camera()
    for i in range(500):
        camera.frame(seen(f"京A{10000 + 137 * i}", box=(200 * (i % 40), 10 * i, 200 * (i % 40) + 100, 10 * i + 30)))
    opened = 500
    ended = sum(isinstance(o, Ended) for o in camera.said)
    assert opened - ended <= 16


TEXTS = ("京A12345", "京A12346", "京A12B45", "沪B98K76", "粤BD12345", "川A00000", "粤B12345D")
reads = st.builds(
    lambda text, confidence, x: seen(text, confidence, (x, 100, x + 120, 140)),
    st.sampled_from(TEXTS),
    st.floats(0, 1),
    st.integers(0, 600),
)
streams = st.lists(st.tuples(st.lists(reads, max_size=3), st.floats(0.01, 4)), max_size=60)


@settings(max_examples=150, deadline=None)
@given(streams, st.integers(1, 4), st.floats(0.3, 1))
def test_for_any_stream_of_reads(stream: list[tuple[list[PlateRead], float]], votes: int, sure: float) -> None:
    plates = Plates(sure_votes=votes, sure_confidence=sure)
    tracker = VisitTracker("c", plates)
    now_s, said = 0.0, list[Outcome]()
    fed: dict[str, int] = {}
    for frame, gap_s in stream:
        now_s += gap_s
        for read in frame:
            fed[read.text] = fed.get(read.text, 0) + (read.confidence >= sure)
        for outcome in tracker.step(frame, now_s, now_s):
            said.append(outcome)
            if isinstance(outcome, Verdict):
                assert outcome.captured_mono_s == now_s
                check_verdict(outcome, plates, fed)
    said += tracker.close()
    check_visits(said)


def check_verdict(verdict: Verdict, plates: Plates, fed: dict[str, int]) -> None:
    best, *rivals = verdict.candidates
    assert (best.text, best.confidence) == (verdict.text, verdict.confidence)
    assert len(verdict.candidates) <= 8
    if verdict.outcome == "sure":
        assert fed[verdict.text] >= plates.sure_votes
        assert best.votes >= plates.sure_votes
        assert best.confidence >= plates.sure_confidence
        assert all(rival.votes < best.votes for rival in rivals)


def check_visits(said: list[Outcome]) -> None:
    for name in {o.visit for o in said}:
        told = [o.outcome if isinstance(o, Verdict) else "ended" for o in said if o.visit == name]
        assert told in (["ended"], ["sure", "ended"], ["unsure", "ended"], ["unsure", "sure", "ended"])
        last = next(o for o in said if o.visit == name and isinstance(o, Ended))
        assert last.started_mono_s <= last.ended_mono_s
