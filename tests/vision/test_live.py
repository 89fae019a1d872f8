"""Live pictures: made only while somebody watches, within their share, and never before an observation."""

from __future__ import annotations

import threading
import time

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.model_live import Live
from tests.vision.test_wire import BEAT, SEEN
from vision.commands import WatchLive
from vision.errors import VisionError, WireError
from vision.frame import Frame, Image
from vision.jpeg import shrunk
from vision.live import LivePictures
from vision.live_pace import Pace
from vision.live_picture import LivePicture
from vision.outbox import Outbox
from vision.wire import Decoder
from vision.wire_commands import WATCHED_MAX, CommandDecoder, encode_command

PATIENCE_S = 60.0


def picture(camera: str = "east", captured_mono_s: float = 1.0) -> LivePicture:
    return LivePicture(camera=camera, width_px=4, height_px=3, captured_mono_s=captured_mono_s, picture=b"\xff\xd8jpeg")


def frame(camera: str, number: int, size: tuple[int, int] = (720, 1280)) -> Frame:
    image: Image = np.full((*size, 3), 40 + number % 200, np.uint8)
    return Frame(camera, number, time.monotonic(), time.time(), image)


class Seen:
    """What was said, and waiting for it."""

    def __init__(self) -> None:
        self.pictures: list[LivePicture] = []
        self._changed = threading.Condition()

    def __call__(self, picture: LivePicture) -> None:
        with self._changed:
            self.pictures.append(picture)
            self._changed.notify_all()

    def wait(self, count: int) -> None:
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.pictures) >= count, PATIENCE_S)


@pytest.mark.parametrize(
    ("size", "expected"),
    [((720, 1280), (360, 640)), ((1080, 1920), (360, 640)), ((480, 640), (480, 640)), ((240, 320), (240, 320))],
)
def test_a_picture_is_made_small_and_keeps_its_shape(size: tuple[int, int], expected: tuple[int, int]) -> None:
    assert shrunk(frame("east", 1, size).image, 640).shape == (*expected, 3)


def test_nothing_is_made_until_somebody_watches_nor_afterwards() -> None:
    seen = Seen()
    live = LivePictures(Live(fps_max=15, encode_share=1), ["east", "west"], seen)
    live.start()
    live.offer(frame("east", 1))
    assert live.made == 0
    live.tell(WatchLive(cameras=("west",)))
    live.offer(frame("east", 2))
    live.offer(frame("west", 3))
    seen.wait(1)
    live.tell(WatchLive(cameras=()))
    live.offer(frame("west", 4))
    live.tell(WatchLive(cameras=("east",)))
    live.offer(frame("east", 5))
    seen.wait(2)
    live.stop()
    assert [item.camera for item in seen.pictures] == ["west", "east"]
    decoded = cv2.imdecode(np.frombuffer(seen.pictures[0].picture, np.uint8), cv2.IMREAD_COLOR)
    assert decoded.shape == (360, 640, 3)
    assert abs(int(decoded.mean()) - 43) <= 2
    assert (seen.pictures[0].width_px, seen.pictures[0].height_px) == (640, 360)


def test_only_our_cameras_can_be_watched() -> None:
    live = LivePictures(Live(), ["east"], Seen())
    with pytest.raises(VisionError, match="north"):
        live.tell(WatchLive(cameras=("east", "north")))


@settings(max_examples=60, deadline=None)
@given(
    fps=st.floats(1, 15),
    share=st.floats(0.05, 1),
    cost_ms=st.floats(0.1, 80),
    cameras=st.integers(1, 12),
)
def test_neither_the_rate_nor_the_share_is_ever_exceeded_and_nobody_starves(
    fps: float, share: float, cost_ms: float, cameras: int
) -> None:
    pace, cost_s, span_s = Pace(fps_max=fps, share_max=share), cost_ms / 1e3, 20.0
    names = [f"c{number}" for number in range(cameras)]
    made = dict.fromkeys(names, 0)
    now_s = 0.0
    while now_s < span_s:
        camera = pace.choose(names, now_s)
        if camera is None:
            wait_s = pace.wait_s(names, now_s)
            assert wait_s > 0
            now_s += wait_s + 1e-9
            continue
        now_s += cost_s
        pace.made(camera, now_s, cost_s)
        made[camera] += 1
    assert max(made.values()) <= fps * span_s + 2
    assert sum(made.values()) * cost_s <= share * span_s + 2 * cost_s
    assert max(made.values()) - min(made.values()) <= 2


def test_an_observation_goes_before_every_live_picture_and_only_the_newest_waits() -> None:
    outbox = Outbox()
    for item in (picture("east"), picture("west"), BEAT, picture("east", 2.0), SEEN):
        outbox.put(item)
    assert len(outbox) == 4
    decoder, heard = Decoder(), []
    while (message := outbox.take()) is not None:
        heard += decoder.feed(message)
    assert heard == [BEAT, SEEN, picture("east", 2.0), picture("west")]
    assert (outbox.lost_messages, outbox.lost_pictures, len(outbox)) == (0, 0, 0)


def test_the_wish_to_watch_travels_and_is_bounded() -> None:
    wish = WatchLive(cameras=("east", "西门"))
    assert CommandDecoder().feed(encode_command(wish)) == [wish]
    with pytest.raises(WireError, match="cameras to be watched"):
        encode_command(WatchLive(cameras=tuple(map(str, range(WATCHED_MAX + 1)))))
