"""What live pictures cost the eyes, and whether plates are read as before while somebody watches.

    python -m benchmarks.live [--cameras 4] [--seconds 10] [--rounds 4]

The real eyes read the films of benchmarks/cameras.py (1080p, a car always on its way). Spans in which all cameras are
watched and spans in which none is take turns, so that the load of others falls on both alike.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from benchmarks.cameras import write_film
from config.model import Camera, Plates, Site
from edge.live.board import LiveBoard, Viewer
from edge.observations import EyesBack, Observation
from edge.run.eyes_link import EyesLink


def processor_s(pid: int) -> float:
    """Processor time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def paint(viewer: Viewer, until_s: float) -> list[float]:
    """Take every picture as a page would; their ages (s)."""
    ages: list[float] = []
    while (left_s := until_s - time.monotonic()) > 0:
        item = await viewer.next(left_s)
        if item is not None:
            viewer.seen(item[0])
            ages.append(time.monotonic() - item[1].captured_mono_s)
    return ages


async def span(link: EyesLink, board: LiveBoard, watched: bool, seconds: float) -> dict[str, float]:
    """Figures of one span."""
    viewer = board.join()
    assert viewer is not None
    viewer.want(board.cameras if watched else frozenset())
    await asyncio.sleep(2.0)
    before, pid = link.stats, link.stats.pid
    assert before.beat is not None
    assert pid is not None
    began_s, spent_s, at_s = time.monotonic(), processor_s(pid), before.beat.at_mono_s
    ages = await paint(viewer, began_s + seconds)
    after = link.stats.beat
    assert after is not None
    lasted_s = after.at_mono_s - at_s
    pairs = list(zip(before.beat.cameras, after.cameras, strict=True))
    board.leave(viewer)
    return {
        "captured_per_s": sum(b.frames_captured - a.frames_captured for a, b in pairs) / lasted_s,
        "read_per_s": sum(b.frames_read - a.frames_read for a, b in pairs) / lasted_s,
        "dropped_per_s": sum(b.frames_dropped - a.frames_dropped for a, b in pairs) / lasted_s,
        "cores": (processor_s(pid) - spent_s) / (time.monotonic() - began_s),
        "pictures_per_s": len(ages) / seconds,
        "age_ms_p50": sorted(ages)[len(ages) // 2] * 1e3 if ages else 0.0,
    }


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cameras", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--rounds", type=int, default=4)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        film = str(write_film(Path(folder) / "film.mp4", "libx264", 8))
        cameras = {f"c{n}": Camera(source=film, loop_file=True, fps_max=8) for n in range(given.cameras)}
        site = Site(cameras=cameras, plates=Plates())
        board, heard = LiveBoard(site.cameras, 2), list[Observation]()
        link = EyesLink(site, heard.append, reader="benchmarks.cameras:own", show=board.take)
        board.connect(link.watch)
        await link.start()
        while not any(isinstance(item, EyesBack) for item in heard):
            await asyncio.sleep(0.1)
        rows: dict[bool, list[dict[str, float]]] = defaultdict(list)
        for number in range(2 * given.rounds):
            watched = number % 2 == 1
            rows[watched].append(await span(link, board, watched, given.seconds))
        await link.stop()
    for watched, found in rows.items():
        means = {name: round(sum(row[name] for row in found) / len(found), 2) for name in found[0]}
        print(json.dumps({"watched": watched, "cameras": given.cameras, **means, "load": round(os.getloadavg()[0], 1)}))


if __name__ == "__main__":
    asyncio.run(main())
