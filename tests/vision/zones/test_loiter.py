"""Loitering: the time counts for each person, over short absences, and not for those who are known."""

from __future__ import annotations

import pytest

from tests.vision.zones.yard import LANE, Actor, Yard, said_by, walks, zone
from vision.geometry import iou
from vision.sightings import LoitererGone, LoitererSeen
from vision.zones.loiter import LoiterWatch
from vision.zones.region import Region

DWELL_S = 9.0
LOOKS = [(150, 60, 30), (40, 40, 200), (60, 160, 60), (200, 200, 210), (30, 30, 30)]


def _watch(yard: Yard, *, detector: bool = True, **settings: object) -> LoiterWatch:
    x1, y1, _, _ = Region(LANE, (640, 360), margin=0.3).box
    yard.corner = (x1, y1)
    given = zone("loiter", **{"dwell_s": DWELL_S, "absence_s": 6.0, **settings})
    return LoiterWatch("yard", "hall", given, prefix="p", detector=yard if detector else None)


def _person(points: list[tuple[float, float, float]], who: int = 0) -> Actor:
    return Actor("person", (26, 70), walks(points), color=LOOKS[who], restless=True)


def _visit(from_s: float, until_s: float, who: int = 0, *, x: float = 300, side: int = 1) -> Actor:
    """Comes in from one side two seconds before, walks to and fro, leaves on the other."""
    middle = (from_s + until_s) / 2
    return _person(
        [
            (from_s - 2, x - side * 330, 180),
            (from_s, x - side * 60, 190),
            (middle, x + side * 40, 200),
            (until_s, x - side * 20, 185),
            (until_s + 2, x + side * 380, 180),
        ],
        who,
    )


def _seen(yard: Yard, watch: LoiterWatch, until_s: float) -> list[tuple[float, LoitererSeen]]:
    return [(at_s, item) for at_s, item in said_by(watch, yard.frames(until_s)) if isinstance(item, LoitererSeen)]


@pytest.mark.parametrize("detector", [True, False], ids=["with a detector", "without"])
def test_whoever_stays_is_told_of_once_at_their_time(detector: bool) -> None:
    yard = Yard([_visit(4, 22)])
    seen = _seen(yard, _watch(yard, detector=detector), 22)
    assert len(seen) == 1
    at_s, told = seen[0]
    assert at_s == pytest.approx(3.5 + DWELL_S, abs=2.0)
    assert (told.camera, told.zone, told.returns) == ("yard", "hall", 0)
    assert told.dwell_s >= DWELL_S
    truth = yard.actors[0].box(at_s)
    assert truth is not None
    x, y, width, height = told.box
    assert x < (truth[0] + truth[2]) / 2 < x + width and y < (truth[1] + truth[3]) / 2 < y + height
    assert told.picture.startswith(b"\xff\xd8")


def test_a_place_that_is_never_empty_is_nobodys_time() -> None:
    visits = [
        _visit(3 + 5.0 * n, 8.5 + 5.0 * n, n % len(LOOKS), x=260 + 30 * (n % 3), side=(-1) ** n) for n in range(5)
    ]
    yard = Yard(visits)
    assert said_by(_watch(yard), yard.frames(32)) == []


def _returner(away_s: float) -> Yard:
    out = 11 + away_s
    inside = [(3, 300, 190), (6, 340, 200), (9, 300, 190)]
    again = [(out + 1, 330, 200), (out + 4, 290, 185), (out + 9, 340, 190)]
    return Yard([_person([(1, -60, 180), *inside, (11, 610, 185), (out - 1, 610, 185), *again])])


def test_a_return_after_a_short_absence_goes_on_counting() -> None:
    yard = _returner(3.0)
    seen = _seen(yard, _watch(yard), 24)
    assert [item.returns for _, item in seen] == [1]
    assert seen[0][0] < 21


def test_a_return_after_a_long_absence_begins_anew() -> None:
    yard = _returner(10.0)
    assert _seen(yard, _watch(yard, absence_s=3.0), 28) == []


def test_somebody_known_is_not_told_of() -> None:
    yard = Yard([_visit(4, 24)])
    watch = _watch(yard)
    said = []
    for frame in yard.frames(24):
        if frame.number == 35:
            x1, y1, x2, _ = yard.actors[0].box(frame.captured_mono_s) or (0, 0, 0, 0)
            watch.recognised((x1 + 4, y1, x2 - x1 - 8, 18), frame.captured_mono_s)
        said += watch.look(frame)
    assert said == []


def test_somebody_who_turns_out_to_be_known_closes_the_matter() -> None:
    yard = Yard([_visit(4, 24)])
    watch = _watch(yard)
    said = []
    for frame in yard.frames(24):
        if frame.number == 90:
            x1, y1, x2, _ = yard.actors[0].box(frame.captured_mono_s) or (0, 0, 0, 0)
            watch.recognised((x1 + 4, y1, x2 - x1 - 8, 18), frame.captured_mono_s)
        said += watch.look(frame)
    seen, gone = said
    assert isinstance(seen, LoitererSeen) and isinstance(gone, LoitererGone)
    assert (gone.matter, gone.known) == (seen.matter, True)


@pytest.mark.parametrize("pictures", [True, False], ids=["pictures go on", "the camera is silent"])
def test_whoever_was_told_of_and_leaves_is_gone_after_the_absence(pictures: bool) -> None:
    yard = Yard([_visit(4, 16)])
    watch = _watch(yard, absence_s=3.0)
    said = [item for _, item in said_by(watch, yard.frames(24 if pictures else 17))]
    if not pictures:
        said += watch.expire(19.0) + watch.expire(24.0)
    seen, gone = said
    assert isinstance(seen, LoitererSeen) and isinstance(gone, LoitererGone)
    assert (gone.matter, gone.known) == (seen.matter, False)
    assert gone.dwell_s >= seen.dwell_s


def test_what_looks_like_a_person_and_never_moves_is_none() -> None:
    yard = Yard([Actor("person", (26, 70), lambda at_s: (300.0, 200.0))])
    assert said_by(_watch(yard), yard.frames(20)) == []


def test_nobody_is_told_of_while_somebody_stands_before_them() -> None:
    stays = _person([(1, -30, 190), (3, 300, 190), (30, 304, 191)])
    passes = _person([(10, 660, 200), (12, 330, 195), (13.5, 296, 195), (16, -60, 190)], 1)
    yard = Yard([stays, passes])
    ((at_s, told),) = _seen(yard, _watch(yard), 20)
    first, second = stays.box(at_s), passes.box(at_s)
    assert first is not None
    assert second is None or iou(first, second) == 0 or told.dwell_s >= DWELL_S + 2.5
    x, y, width, height = told.box
    assert iou((x, y, x + width, y + height), first) > 0.6
    assert DWELL_S < told.dwell_s < DWELL_S + 3


def test_two_who_meet_keep_their_own_times() -> None:
    stays = _visit(4, 30, 0)
    passes = _person([(8, 660, 200), (11, 310, 195), (13, 300, 195), (16, -60, 190)], 1)
    yard = Yard([stays, passes])
    seen = _seen(yard, _watch(yard), 22)
    assert len(seen) == 1
    assert seen[0][0] == pytest.approx(3.5 + DWELL_S, abs=2.5)
