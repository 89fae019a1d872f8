"""What the eyes let go first when the hub does not keep up."""

from __future__ import annotations

from dataclasses import replace

from tests.vision.test_wire import BEAT, SEEN
from tests.vision.watching.said import BLOCKED, CLEARED, CLIP, FALL, GROUND, STILL
from vision.observations import CameraBack, CameraFault, CameraLost, PlateSeen
from vision.outbox import Outbox
from vision.wire import Decoder, Said

LOST = CameraLost(camera="east", fault=CameraFault.STALLED, detail="", since_at_s=1.0)
BACK = CameraBack(camera="east", down_s=1.0)


def seen(number: int, picture_bytes: int = 0) -> PlateSeen:
    return replace(SEEN, visit=str(number), picture=bytes(picture_bytes))


def contents(outbox: Outbox) -> list[Said]:
    decoder = Decoder()
    heard: list[Said] = []
    while (message := outbox.take()) is not None:
        heard += decoder.feed(message)
    return heard


def test_it_is_a_queue() -> None:
    outbox = Outbox()
    for item in (LOST, seen(1, 10), BACK):
        outbox.put(item)
    assert contents(outbox) == [LOST, seen(1, 10), BACK]
    assert (outbox.lost_messages, outbox.lost_pictures) == (0, 0)


def test_the_oldest_picture_goes_first_and_its_read_stays() -> None:
    outbox = Outbox(bytes_max=30_000)
    for number in range(3):
        outbox.put(seen(number, 12_000))
    assert contents(outbox) == [seen(0), seen(1, 12_000), seen(2, 12_000)]
    assert (outbox.lost_messages, outbox.lost_pictures) == (0, 1)


def test_then_the_oldest_read_goes_but_never_lost_or_back() -> None:
    outbox = Outbox(messages_max=3)
    for item in (LOST, seen(0), BACK, seen(1), LOST, BACK):
        outbox.put(item)
    assert contents(outbox) == [LOST, BACK, LOST, BACK]
    assert outbox.lost_messages == 2


def test_clips_go_before_stills_and_stills_before_the_pictures_of_what_is_told() -> None:
    told, still = replace(FALL, picture=bytes(10_000)), replace(STILL, picture=bytes(10_000))
    clip = replace(CLIP, data=bytes(10_000))
    bounds = {35_000: [still, told, clip], 30_000: [still, told], 20_000: [told], 9_000: [replace(told, picture=b"")]}
    for bytes_max, left in bounds.items():
        outbox = Outbox(bytes_max=bytes_max)
        for item in (still, told, clip):
            outbox.put(item)
        assert contents(outbox) == left, bytes_max
        assert outbox.lost_messages == 0
        assert len(outbox) == 0


def test_a_fall_and_both_edges_of_a_lane_are_never_lost() -> None:
    outbox = Outbox(messages_max=2)
    for item in (FALL, BLOCKED, seen(1), STILL, CLEARED):
        outbox.put(item)
    assert contents(outbox) == [FALL, BLOCKED, CLEARED]


def test_an_empty_lane_waits_for_everything_else_and_only_the_newest_of_each() -> None:
    outbox = Outbox(messages_max=1)
    newer = replace(GROUND, captured_at_s=2.0)
    by_day = replace(GROUND, light="day")
    for item in (GROUND, by_day, FALL, newer):
        outbox.put(item)
    assert len(outbox) == 3
    assert contents(outbox) == [FALL, newer, by_day]


def test_only_the_newest_heartbeat_waits() -> None:
    outbox = Outbox()
    newer = replace(BEAT, at_mono_s=2.0)
    for item in (BEAT, seen(1), newer):
        outbox.put(item)
    assert contents(outbox) == [seen(1), newer]
    assert outbox.lost_messages == 0


def test_it_stays_within_its_bounds_whatever_comes() -> None:
    outbox = Outbox(messages_max=16, bytes_max=100_000)
    for number in range(200):
        outbox.put(seen(number, 9_000))
    assert len(outbox) == 16
    heard = contents(outbox)
    assert [item.visit for item in heard if isinstance(item, PlateSeen)] == [str(n) for n in range(184, 200)]
    assert sum(len(item.picture) for item in heard if isinstance(item, PlateSeen)) <= 100_000
