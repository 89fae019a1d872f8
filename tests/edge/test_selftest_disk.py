"""The self-test over a real store on a full disk: the log is the link that is named, within its stated time."""

from __future__ import annotations

import time
from pathlib import Path

from config.model_push import SelfTest
from edge.observations import Audited, Operator
from edge.selftest.acts import BeginSelfTest
from edge.selftest.model import Link
from tests.edge.test_hub import Gate, running, until
from tests.site.test_full_disk import fill, small_disk

__all__ = ["small_disk"]

WHO = Operator(name="zhang", role="guard")


def log_of(gate: Gate) -> Link:
    """The link of the test that runs."""
    run = gate.hub.state.selftests.run
    assert run is not None
    return run.links["log"]


async def test_the_disk_proves_itself_while_it_has_room_and_is_named_when_it_is_full(small_disk: Path) -> None:
    async with running(small_disk) as gate:
        await gate.say(BeginSelfTest(request_id="first", offered_mono_s=time.monotonic(), operator=WHO))
        await until(lambda: log_of(gate).ok is not None)
        assert log_of(gate).ok is True
    async with running(small_disk) as gate:
        for _ in range(2000):  # until the log's own reserve is used up
            fill(small_disk)
            if not gate.store.health().ok:
                break
            await gate.say(Audited(kind="register.exported", operator="x", body={"query": "x" * 8000}))
        began_s = time.monotonic()
        await gate.say(BeginSelfTest(request_id="second", offered_mono_s=began_s, operator=WHO))
        await until(lambda: log_of(gate).ok is not None, 60)
        link = log_of(gate)
        assert (link.ok, link.detail, link.limit_s) == (False, "not_durable", SelfTest().log_s)
        faults = [alarm.source for alarm in gate.hub.state.alarms.values() if alarm.kind == "selftest.failed"]
        assert faults == ["selftest:log"]
