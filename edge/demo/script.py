"""What happens in the demonstration, act by act. Shell: asyncio; it only drives the world and the guard's HTTP client.

Nothing here reaches into the gateway: cars come into the rendered picture, the guard presses the page's buttons.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from edge.demo.door_acts import Door, residents
from edge.demo.guard import Guard
from edge.demo.world_link import WorldLink
from sync.records import Booking, Change, PutBooking, PutVehicle, Vehicle

log = logging.getLogger(__name__)

IN, OUT = "east-in", "east-out"
OWNER, STRANGER, GUEST, LATE_GUEST = "粤B12345", "京N88F66", "沪A66G88", "苏E52M19"
CAR_TIMEOUT_S = 45.0
GUARD_THINKS_S = 2.0
CAMERA_DOWN_S = 5.0
SERIAL_DOWN_S = 3.0
BACK_TIMEOUT_S = 30.0


def lists() -> list[Change]:
    """Who may enter in the demonstration: one owner with a phone, one guest expected now, one whose time is over."""
    now_s = time.time()
    owner = PutVehicle(Vehicle(plate=OWNER, owner="王先生", place="1号楼101"))
    guest = Booking(
        id=f"demo-{uuid.uuid4().hex[:8]}", plate=GUEST, visitor="李女士", host="3号楼502",
        not_before_s=now_s - 3600, not_after_s=now_s + 3600, entries_allowed=1000,
    )  # fmt: skip
    late = Booking(
        id=f"demo-{uuid.uuid4().hex[:8]}", plate=LATE_GUEST, visitor="陈先生", host="2号楼201",
        not_before_s=now_s - 7200, not_after_s=now_s - 3600,
    )  # fmt: skip
    return [owner, PutBooking(guest), PutBooking(late), *residents()]


@dataclass(slots=True)
class Script:
    """One evening at the gate."""

    world: WorldLink
    guard: Guard
    cars: int = 0
    rounds: int = 0
    failures: list[str] = field(default_factory=list)
    """Acts that did not end as they should, in words."""

    async def run(self) -> None:
        """Play the acts again and again until cancelled."""
        door = Door(self.world, self.guard)
        beside = {self.owner: door.phone, self.stranger: self.camera_dies, self.guest: door.visitor}
        beside[self.late_guest] = door.wrong_code
        while True:
            for act in (self.owner, self.stranger, self.serial_cut, self.guest, self.late_guest):
                await asyncio.gather(*map(self._play, (act, *filter(None, [beside.get(act)]))))
            self.rounds += 1
            await self._play(self.owner_leaves)

    async def _play(self, act: Callable[[], Awaitable[str]]) -> None:
        failure = await act()
        if failure:
            self.failures.append(failure)
            log.warning("demonstration: %s", failure)

    async def owner(self) -> str:
        """An owner's car passes without stopping for anybody."""
        return await self._drive(IN, OWNER, "car_passed")

    async def owner_leaves(self) -> str:
        """The same car on its way out."""
        return await self._drive(OUT, OWNER, "car_passed")

    async def guest(self) -> str:
        """A booked visitor inside the window."""
        return await self._drive(IN, GUEST, "car_passed")

    async def late_guest(self) -> str:
        """A booked visitor outside the window is refused; the guard sends the car away."""
        return await self._drive(IN, LATE_GUEST, "car_left", self._guard_refuses)

    async def stranger(self) -> str:
        """An unknown car waits; the guard looks and opens."""
        return await self._drive(IN, STRANGER, "car_passed", self._guard_opens)

    async def camera_dies(self) -> str:
        """A camera is gone for a while."""
        await self.world.do("camera", name=OUT, up=False)
        await asyncio.sleep(CAMERA_DOWN_S)
        await self.world.do("camera", name=OUT, up=True)
        return ""

    async def serial_cut(self) -> str:
        """The serial line is unplugged and plugged in again."""
        await self.world.do("serial", up=False)
        await asyncio.sleep(SERIAL_DOWN_S)
        await self.world.do("serial", up=True)
        return "" if await self._all_up() else "the boards did not come back"

    async def _all_up(self) -> bool:
        """The guard sees every board come back; whoever comes before that is refused, and rightly so."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(BACK_TIMEOUT_S):
                while not all(await asyncio.to_thread(self.guard.boards_up)):  # noqa: ASYNC110 - over HTTP
                    await asyncio.sleep(0.3)
                return True
        return False

    async def _drive(
        self, lane: str, plate: str, end: str, meanwhile: Callable[[str, str], Awaitable[None]] | None = None
    ) -> str:
        """Let a car come and wait for its end; returns what went wrong."""
        self.cars += 1
        seen = len(self.world.events)
        await self.world.do("car", lane=lane, plate=plate, patience_s=CAR_TIMEOUT_S)
        helper = asyncio.ensure_future(meanwhile(lane, plate)) if meanwhile else None
        ended = await self.world.wait_for(
            lambda e: e.get("plate") == plate and e.get("event") in {end, "car_left"}, seen, CAR_TIMEOUT_S
        )
        if helper is not None:
            helper.cancel()
            await asyncio.gather(helper, return_exceptions=True)
        if ended and any(e.get("event") == end and e.get("plate") == plate for e in self.world.events[seen:]):
            if end == "car_passed":
                await self.world.wait_for(lambda e: e.get("event") == "arm_down", seen, CAR_TIMEOUT_S / 3)
            return ""
        await self.world.do("leave", lane=lane)
        return f"{plate} on {lane}: no {end}"

    async def _guard_opens(self, lane: str, plate: str) -> None:
        visit = await self._waiting(lane)
        ok, reason = await asyncio.to_thread(self.guard.open, lane, visit, "访客，已电话确认")
        log.info("demonstration: the guard opens %s: %s %s", lane, ok, reason)

    async def _guard_refuses(self, lane: str, plate: str) -> None:
        visit = await self._waiting(lane)
        await asyncio.to_thread(self.guard.refuse, lane, visit, "预约已过期")
        await self.world.do("leave", lane=lane)

    async def _waiting(self, lane: str) -> str:
        """The visit of the vehicle that waits, after the guard has had a look at it."""
        while not (visitors := await asyncio.to_thread(self.guard.waiting, lane)):  # noqa: ASYNC110 - over HTTP
            await asyncio.sleep(0.3)
        await asyncio.sleep(GUARD_THINKS_S)
        return str(visitors[-1]["visit"])
