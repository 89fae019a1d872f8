"""The only door into the loop: ordered, bounded, counted."""

from __future__ import annotations

import asyncio
import threading

from devices.messages import LinkLost
from edge.observations import InboxOverflow, Tick
from edge.run.inbox import Inbox
from vision.observations import CameraBack


def camera(number: int) -> CameraBack:
    return CameraBack(camera=f"c{number}", down_s=0)


def board(number: int) -> LinkLost:
    return LinkLost(board=f"b{number}", cause="", at_mono_s=0)


async def test_things_come_out_in_the_order_they_went_in() -> None:
    inbox = Inbox(10)
    for item in (camera(1), board(1), Tick()):
        inbox.offer(item)
    assert [await inbox.take() for _ in range(3)] == [camera(1), board(1), Tick()]


async def test_when_full_the_oldest_vision_item_goes_and_devices_never_do() -> None:
    inbox = Inbox(10)
    inbox.offer(board(0))
    for number in range(12):
        inbox.offer(camera(number))
    for number in range(1, 4):
        inbox.offer(board(number))
    taken = [await inbox.take() for _ in range(len(inbox) + 1)]
    assert [t for t in taken if isinstance(t, LinkLost)] == [board(0), board(1), board(2), board(3)]
    lost = 12 - sum(isinstance(t, CameraBack) for t in taken)
    assert [t for t in taken if isinstance(t, InboxOverflow)] == [InboxOverflow(dropped=lost)]


async def test_devices_alone_may_exceed_the_bound_rather_than_be_lost() -> None:
    inbox = Inbox(10)
    for number in range(25):
        inbox.offer(board(number))
    assert len(inbox) == 25


async def test_one_waiting_tick_says_all() -> None:
    inbox = Inbox(10)
    inbox.offer(Tick())
    inbox.offer(Tick())
    assert len(inbox) == 1
    await inbox.take()
    inbox.offer(Tick())
    assert len(inbox) == 1


async def test_other_threads_offer_too() -> None:
    inbox = Inbox(10)
    threading.Thread(target=inbox.offer_from_thread, args=(camera(7),)).start()
    assert await asyncio.wait_for(inbox.take(), 10) == camera(7)


async def test_emptied_waits_for_the_last_item() -> None:
    inbox = Inbox(10)
    assert await inbox.emptied(0.01)
    inbox.offer(camera(1))
    assert not await inbox.emptied(0.01)
    waiting = asyncio.create_task(inbox.emptied(10))
    await asyncio.sleep(0)
    await inbox.take()
    assert await waiting
