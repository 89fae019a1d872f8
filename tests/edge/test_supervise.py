"""Tasks that must run: restarted, with a ceiling and a voice."""

from __future__ import annotations

import asyncio

from edge.run.supervise import RESTARTS_MAX, Supervisor


async def test_a_failing_task_is_restarted_and_recovers() -> None:
    runs: list[int] = []
    recovered = asyncio.Event()

    async def work() -> None:
        runs.append(1)
        if len(runs) < 3:
            raise ValueError("not yet")
        recovered.set()
        await asyncio.Event().wait()

    given_up: list[str] = []
    supervisor = Supervisor(lambda name, _cause: given_up.append(name))
    supervisor.start("work", work)
    await asyncio.wait_for(recovered.wait(), 20)
    await supervisor.stop()
    assert (len(runs), given_up) == (3, [])


async def test_a_task_that_always_fails_stays_down_and_says_so_once() -> None:
    runs: list[int] = []
    told = asyncio.Event()
    given_up: list[tuple[str, str]] = []

    async def work() -> None:
        runs.append(1)
        raise OSError("gone")

    def tell(name: str, cause: str) -> None:
        given_up.append((name, cause))
        told.set()

    supervisor = Supervisor(tell)
    supervisor.start("work", work)
    await asyncio.wait_for(told.wait(), 30)
    await supervisor.stop()
    assert len(runs) == RESTARTS_MAX + 1
    assert given_up == [("work", "OSError: gone")]
    assert supervisor.down == {"work": "OSError: gone"}
