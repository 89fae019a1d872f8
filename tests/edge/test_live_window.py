"""What a watching page is sent: the newest picture of each camera, a bounded number under way, all cameras in turn."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge.live.board import LiveBoard
from edge.live.window import UNDER_WAY_MAX, Window
from vision.commands import WatchLive
from vision.live_picture import LivePicture

CAMERAS = ("east", "west", "yard")


def picture(camera: str, number: int = 0) -> LivePicture:
    return LivePicture(camera=camera, width_px=1, height_px=1, captured_mono_s=float(number), picture=b"")


def watching(*cameras: str) -> Window:
    window = Window()
    window.want(frozenset(cameras))
    return window


def test_a_newer_picture_replaces_an_older_one_and_is_counted() -> None:
    window = watching("east", "west")
    for item in (picture("east", 1), picture("west", 2), picture("east", 3), picture("yard", 4)):
        window.offer(item)
    assert [window.take(), window.take(), window.take()] == [(1, picture("east", 3)), (2, picture("west", 2)), None]
    assert window.dropped == 1


def test_a_page_that_does_not_paint_gets_no_more_until_it_does() -> None:
    window = watching("east")
    for number in range(UNDER_WAY_MAX):
        window.offer(picture("east", number))
        assert window.take() is not None
    window.offer(picture("east", 99))
    assert window.take() is None
    window.seen(UNDER_WAY_MAX + 5)  # nobody painted what was never sent
    assert window.take() is None
    window.seen(1)
    assert window.take() == (UNDER_WAY_MAX + 1, picture("east", 99))


def test_a_camera_that_is_no_longer_watched_is_not_sent_any_more() -> None:
    window = watching("east", "west")
    window.offer(picture("east"))
    window.want(frozenset({"west"}))
    assert window.take() is None


steps = st.lists(
    st.one_of(
        st.tuples(st.just("offer"), st.sampled_from(CAMERAS)),
        st.tuples(st.just("take"), st.none()),
        st.tuples(st.just("seen"), st.integers(-3, 60)),
    ),
    max_size=120,
)


@given(steps)
def test_whatever_happens_pictures_never_go_backwards_and_few_are_under_way(script: list[tuple[str, object]]) -> None:
    window, newest, seen = watching(*CAMERAS), dict.fromkeys(CAMERAS, -1.0), 0
    for number, (what, value) in enumerate(script):
        if what == "offer":
            window.offer(picture(str(value), number))
        elif what == "seen" and isinstance(value, int):
            window.seen(value)
            seen = max(seen, value) if value <= window.sent else seen
        elif (item := window.take()) is not None:
            assert item[1].captured_mono_s > newest[item[1].camera]
            newest[item[1].camera] = item[1].captured_mono_s
        assert 0 <= window.sent - seen <= UNDER_WAY_MAX


async def test_the_eyes_are_told_the_union_of_what_the_pages_want_and_only_when_it_changes() -> None:
    told: list[tuple[str, ...]] = []
    board = LiveBoard(CAMERAS, viewers_max=2)
    board.connect(lambda command: told.append(command.cameras))
    first, second = board.join(), board.join()
    assert first is not None
    assert second is not None
    assert board.join() is None
    assert board.refused == 1
    first.want(frozenset({"east"}))
    second.want(frozenset({"east"}))
    second.want(frozenset({"east", "west"}))
    board.leave(first)
    board.leave(second)
    assert told == [("east",), ("east", "west"), ()]
    assert board.join() is not None


async def test_eyes_that_connect_late_hear_who_watches() -> None:
    told: list[WatchLive] = []
    board = LiveBoard(CAMERAS, viewers_max=1)
    viewer = board.join()
    assert viewer is not None
    viewer.want(frozenset({"yard"}))
    board.connect(told.append)
    assert told == [WatchLive(cameras=("yard",))]
    board.take(picture("yard", 7))
    assert await viewer.next(5.0) == (1, picture("yard", 7))
    assert await viewer.next(0.01) is None
