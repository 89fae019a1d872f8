"""Faces of consecutive frames: searched now and then, followed between, never kept when they are gone."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from vision.faces.align import TEMPLATE, Image
from vision.faces.face import Face
from vision.faces.follow import SEARCH_S, Follower

FRAME = np.zeros((480, 640, 3), np.uint8)


def face(x: float) -> Face:
    points = TEMPLATE + np.array([x, 50], np.float32)
    return Face((int(x), 50, int(x) + 80, 150), points, 0.9)


@dataclass
class Street:
    """Who stands there, and what was asked."""

    here: list[Face] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def find(self, image: Image) -> list[Face]:
        self.asked.append("find")
        return list(self.here)

    def again(self, image: Image, last: Face) -> Face | None:
        self.asked.append("again")
        return next((one for one in self.here if abs(one.box[0] - last.box[0]) < 30), None)


def watch(street: Street, times: list[float]) -> list[list[Face]]:
    follower = Follower()
    return [follower.faces(FRAME, at_s, street) for at_s in times]


def test_between_searches_a_single_face_is_only_followed() -> None:
    street = Street([face(100)])
    seen = watch(street, [0.0, 0.1, 0.2, 0.3, SEARCH_S, SEARCH_S + 0.1])
    assert street.asked == ["find", "again", "again", "again", "find", "again"]
    assert all(faces == street.here for faces in seen)


def test_nobody_and_several_people_are_searched_in_every_frame() -> None:
    for here in ([], [face(100), face(300)]):
        street = Street(here)
        watch(street, [0.0, 0.1, 0.2])
        assert street.asked == ["find"] * 3


def test_whoever_is_gone_is_searched_at_once() -> None:
    street, follower = Street([face(100)]), Follower()
    follower.faces(FRAME, 0.0, street)
    street.here = [face(400)]
    assert follower.faces(FRAME, 0.1, street) == [face(400)]
    assert street.asked == ["find", "again", "find"]
    street.here = []
    assert follower.faces(FRAME, 0.2, street) == []


def test_a_face_moves_along_with_the_follower() -> None:
    street, follower = Street([face(100)]), Follower()
    for step in range(5):
        street.here = [face(100 + 20 * step)]
        assert follower.faces(FRAME, 0.05 * step, street) == street.here
    assert street.asked == ["find"] + ["again"] * 4


def test_another_size_of_frame_and_a_clock_that_steps_back_begin_anew() -> None:
    street, follower = Street([face(100)]), Follower()
    follower.faces(FRAME, 10.0, street)
    follower.faces(FRAME[:240], 10.1, street)
    follower.faces(FRAME[:240], 3.0, street)
    assert street.asked == ["find"] * 3
