"""The loop over a real store: log before act, one verdict a request, a bug costs one observation."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from concurrent.futures import Future
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from devices.messages import Command
from edge.observations import CheckSlip, CloseAlarm, Observation, PolicyLoaded
from edge.run.hub import Hub
from edge.run.supervise import Supervisor
from sync.event import Event
from sync.records import Policy, Slip
from sync.store import Store
from tests.edge.conversation import BOOKED, BOOKING, GUARD, OWNER, POLICY, Talk
from tests.edge.test_react import by_hand
from vision.observations import CameraBack, PlateSeen

PATIENCE_S = 30.0
"""A slow disk is waited for so long where what is tested is that it is waited for."""


def seen(text: str, visit: str = "v1") -> PlateSeen:
    talk = Talk()
    return PlateSeen(
        camera="east", visit=visit, outcome="sure", text=text, confidence=0.9, color="blue", rows=1, box=(0, 0, 9, 9),
        candidates=(), frames=2, captured_mono_s=talk.mono_s, captured_at_s=1.0, read_mono_s=talk.mono_s,
        picture=b"jpeg bytes",
    )  # fmt: skip


class Gate:
    """A hub over a store in a temporary folder; commands land in a list."""

    def __init__(self, store: Store, append_wait_s: float | None) -> None:
        self.commands: list[tuple[Command, int]] = []
        self.store = store
        self.talk = Talk()
        self.talk.link_up()
        self.hub = Hub(self.talk.state, store, submit=self._submit)
        if append_wait_s is not None:
            self.hub.effects._append_wait_s = append_wait_s
        self.hub.inbox.offer(PolicyLoaded(POLICY))

    def _submit(self, command: Command) -> None:
        self.commands.append((command, self.store.newest))

    async def say(self, observation: Observation) -> None:
        self.hub.inbox.offer(observation)
        assert await self.hub.inbox.emptied(10)
        await asyncio.sleep(0)


@asynccontextmanager
async def running(path: Path, append_wait_s: float | None = None) -> AsyncIterator[Gate]:
    store = Store.open(path / "log.db", gateway_id="g", ballast_bytes=0)
    gate = Gate(store, append_wait_s)
    supervisor = Supervisor(lambda name, cause: pytest.fail(f"{name}: {cause}"))
    supervisor.start("hub", gate.hub.run)
    supervisor.start("effects", gate.hub.effects.run)
    try:
        yield gate
    finally:
        await supervisor.stop()
        await asyncio.to_thread(store.close)


async def until(condition: object, timeout_s: float = 2 * PATIENCE_S) -> None:
    """Wait for a condition; a slow machine only waits longer."""
    async with asyncio.timeout(timeout_s):
        while not condition():  # type: ignore[operator]
            await asyncio.sleep(0.01)


async def test_the_event_is_durable_before_the_command_leaves(tmp_path: Path) -> None:
    async with running(tmp_path, append_wait_s=PATIENCE_S) as gate:
        await gate.say(seen(OWNER))
        await until(lambda: gate.commands)
        [(_, newest)] = gate.commands
        granted = next(e for e in gate.store.read_after(0) if e.kind == "access.granted")
        assert newest >= granted.seq


async def test_the_picture_is_kept_with_the_read_that_decided(tmp_path: Path) -> None:
    async with running(tmp_path) as gate:
        await gate.say(seen(OWNER))
        assert await gate.hub.effects.drained(20)
        await until(lambda: any(e.kind == "plate.read" for e in gate.store.read_after(0)))
        read = next(e for e in gate.store.read_after(0) if e.kind == "plate.read")
        [media] = read.data()["media"]
        assert (media["mime"], media["size"]) == ("image/jpeg", len(b"jpeg bytes"))


async def test_a_picture_does_not_keep_the_car_waiting(tmp_path: Path) -> None:
    async with running(tmp_path) as gate:
        await gate.say(seen(OWNER))
        await until(lambda: any(e.kind == "plate.read" for e in gate.store.read_after(0)))
        kinds = [e.kind for e in gate.store.read_after(0)]
        assert kinds.index("access.granted") < kinds.index("plate.read")


def expected_now() -> Policy:
    """One booked car whose window is now."""
    now_s = time.time()
    return replace(POLICY, bookings={BOOKED: (replace(BOOKING, not_before_s=now_s - 60, not_after_s=now_s + 600),)})


class StalledStore:
    """A log whose disk hangs: appends never become durable."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.newest = 0

    def append(self, *_: object) -> Future[list[Event]]:
        return Future()


async def test_a_hanging_log_does_not_keep_the_gate_shut(tmp_path: Path) -> None:
    async with running(tmp_path) as gate:
        gate.hub.effects._store = StalledStore(gate.store)  # type: ignore[assignment]
        await gate.say(seen(OWNER))
        await until(lambda: gate.commands)
        assert gate.hub.effects.late_appends > 0


async def test_a_use_that_the_disk_does_not_take_in_time_opens_nothing_and_goes_to_the_guard(tmp_path: Path) -> None:
    async with running(tmp_path) as gate:
        await gate.say(PolicyLoaded(expected_now()))
        gate.hub.effects._store = StalledStore(gate.store)  # type: ignore[assignment]
        await gate.say(seen(BOOKED))
        assert gate.hub.state.uses, "it waits for the disk"
        await until(lambda: not gate.hub.state.uses)
        assert gate.commands == []
        [alarm] = [alarm for alarm in gate.hub.state.alarms.values() if alarm.kind == "access.not_written"]
        assert alarm.detail
        [lane] = gate.hub.state.lanes.values()
        assert [visitor.reason for visitor in lane.visitors] == ["not_written"]
        assert lane.machine.fault == "", "the lane is as it was"
        (booking,) = gate.hub.state.policy.bookings[BOOKED]
        assert booking.entries_used == 1, "the use stays counted: a lost one is better than a double one"
        await gate.say(seen(OWNER, "v2"))
        await until(lambda: gate.commands)


async def test_a_use_opens_once_it_is_on_disk(tmp_path: Path) -> None:
    async with running(tmp_path, append_wait_s=PATIENCE_S) as gate:
        await gate.say(PolicyLoaded(expected_now()))
        await gate.say(seen(BOOKED))
        await until(lambda: gate.commands)
        [(_, newest)] = gate.commands
        granted = next(e for e in gate.store.read_after(0) if e.kind == "access.granted")
        assert newest >= granted.seq


async def test_a_slip_that_the_disk_does_not_take_in_time_is_not_released(tmp_path: Path) -> None:
    async with running(tmp_path) as gate:
        now_s = time.time()
        slip = Slip(
            id="s1", host="h", consent_by="h", approved_by="o", items=(("箱", 1),), not_before_s=now_s - 60,
            not_after_s=now_s + 600,
        )  # fmt: skip
        gate.hub.inbox.offer(PolicyLoaded(replace(POLICY, slips={"s1": slip})))
        gate.hub.effects._store = StalledStore(gate.store)  # type: ignore[assignment]
        act = CheckSlip(request_id="slip-one", slip="s1", seen=(("箱", 1),), note="", operator=GUARD)
        answer = await gate.hub.act(act)
        assert (answer.ok, answer.reason) == (False, "not_written")
        assert answer.detail["durable"] == "not yet"


async def test_the_same_request_acts_once_and_gets_the_same_verdict(tmp_path: Path) -> None:
    async with running(tmp_path, append_wait_s=PATIENCE_S) as gate:
        verdicts = await asyncio.gather(*(gate.hub.act(by_hand(request="same")) for _ in range(5)))
        again = await gate.hub.act(by_hand(request="same"))
        assert {v.ok for v in verdicts} | {again.ok} == {True}
        assert [e.kind for e in gate.store.read_after(0)].count("operator.opened") == 1


async def test_a_bug_in_a_rule_costs_one_observation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(tmp_path) as gate:

        def broken(*_: object) -> None:
            raise ZeroDivisionError("seeded")

        with monkeypatch.context() as patch:
            patch.setattr("edge.react.switchboard.health.on_camera_back", broken)
            before = gate.hub.state
            await gate.say(CameraBack(camera="east", down_s=0))
            assert gate.hub.state.cameras == before.cameras
        await gate.say(seen(OWNER))
        await until(lambda: gate.commands)
        await until(lambda: any(e.kind == "internal.error" for e in gate.store.read_after(0)))
        error = next(e for e in gate.store.read_after(0) if e.kind == "internal.error")
        assert "seeded" in error.data()["trace"]


async def test_an_act_that_meets_a_bug_is_answered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(tmp_path) as gate:

        def broken(*_: object) -> None:
            raise KeyError("seeded")

        monkeypatch.setattr("edge.react.switchboard.on_act", broken)
        verdict = await gate.hub.act(CloseAlarm(request_id="x", alarm="a", outcome="handled", note="", operator=GUARD))
        assert (verdict.ok, verdict.reason) == (False, "internal_error")
