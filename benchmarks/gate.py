"""From decision to the first byte on the wire, in the whole gateway beside two running cameras and the plate reader.

    python benchmarks/gate.py --openings 200 --cars 10

The world of the demonstration renders the pictures and simulates the board, so this measures the gateway under a load
that a real box does not have. Every figure is read back from the events ``command.done``:

- ``by_hand``: a guard's press; decision_to_bytes_ms is the time from the verdict to the first byte on the port.
- ``cars``: frame_to_bytes_ms = reading_ms (capture to finished read, votes included) + own_ms (all else of ours).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from config.load import load
from edge.demo.guard import Guard
from edge.demo.script import IN, OUT, OWNER, lists
from edge.demo.site import site_toml
from edge.demo.summary import percentile
from edge.demo.world_link import WorldLink
from edge.observations import ChangeLists, Operator
from edge.run.app import App, StartFacts
from sync.export import read_events

STRANGER = "京N88F66"


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--openings", type=int, default=200)
    parser.add_argument("--cars", type=int, default=10)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="menwei-gate-") as folder:
        directory = Path(folder)
        world = WorldLink()
        await world.start(directory, [IN, OUT])
        file = directory / "site.toml"
        file.write_text(site_toml(world.ready, directory / "data"), encoding="utf-8")
        app = App(load(file, environ={}).site, StartFacts(site_file="benchmark", demo=True))
        await app.start()
        for number, change in enumerate(lists()):
            act = ChangeLists(request_id=f"list{number:04}", change=change, operator=Operator(name="b", role="admin"))
            await app.hub.act(act)
        while not app.hub.state.eyes_up:
            await asyncio.sleep(0.1)
        await drive(world, given.cars)
        # A stranger stands before the camera all the while, so that the plate reader never rests.
        await world.do("car", lane=OUT, plate=STRANGER, patience_s=3600)
        guard = Guard(app.web.url)
        await asyncio.to_thread(guard.log_in, app.token)
        for _ in range(given.openings):
            await asyncio.to_thread(guard.post, f"/v1/lanes/{IN}/open", {"reason": "benchmark"})
            await asyncio.sleep(0.1)
        rss_mb = app.hub.state.eyes_rss_mb
        await app.stop("benchmark")
        await world.stop()
        print(json.dumps({**figures(directory / "data" / "menwei.db"), "eyes_rss_mb": rss_mb}, indent=2))


async def drive(world: WorldLink, cars: int) -> None:
    """An owner's car comes in again and again."""
    for _ in range(cars):
        seen = len(world.events)
        await world.do("car", lane=IN, plate=OWNER, patience_s=60)
        await world.wait_for(lambda e: e.get("event") == "arm_down", seen, 90)


def figures(database: Path) -> dict[str, Any]:
    """Percentiles of every span, for presses and for cars."""
    spans: dict[str, dict[str, list[float]]] = {"by_hand": {}, "cars": {}}
    for event in read_events(database):
        if event.kind != "command.done":
            continue
        body = event.data()
        group = spans["cars" if "frame_to_bytes_ms" in body else "by_hand"]
        for name, value in body.items():
            if name.endswith("_ms"):
                group.setdefault(name, []).append(value)
    return {
        who: {
            name: {"n": len(v), "p50": percentile(v, 0.5), "p99": percentile(v, 0.99), "max": max(v)}
            for name, v in group.items()
        }
        for who, group in spans.items()
    }


if __name__ == "__main__":
    asyncio.run(main())
