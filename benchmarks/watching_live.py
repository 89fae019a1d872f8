"""Throwing cameras at 1080p25 as they run: H.264 decoded, watched and kept for clips, on so many cores.

    python -m benchmarks.watching_live [--cameras 1 2] [--seconds 60] [--film FILM]

The real eyes process plays a film in its own time, over and over, confined to as many cores as there are cameras.
Pictures wait in a row of ten and the oldest is let go when the watch is too slow: `dropped` is the share of them that
was. `cpu_s_per_film_s`, the processor's time for one second of one camera, holds on a busy machine too; whether
anything is dropped can only be seen on a quiet one. Without ``--film`` (which needs its JSON file beside it, as
`benchmarks.behaviour` does) a rendered tower is played from which something falls every twelve seconds.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import tempfile
from pathlib import Path

import av

from benchmarks.eyes import cpu_s, until_backs
from config.model import Camera, Duty, Eyes, Site
from edge.observations import EyesBack, EyesLost, Observation
from edge.run.eyes_link import EyesLink
from training.rendered import camera_of
from vision.observations import CameraStats, EyesBeat
from vision.sightings import FallSeen
from vision.sim.watched import Tower

FILM_S, SETTLE_S = 12, 5.0


def main() -> None:
    """One row for each number of cameras."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cameras", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--film", type=Path)
    options = parser.parse_args()
    allowed = sorted(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TMPDIR"] = folder
        if options.film is not None:
            film, camera = options.film, camera_of(json.loads(options.film.with_suffix(".json").read_text()))
        else:
            film, camera = rendered(Path(folder) / "tower.mp4")
        for count in options.cameras:
            os.sched_setaffinity(0, allowed[:count])  # the eyes process inherits it
            row = asyncio.run(live(film, camera, count, options.seconds))
            load = round(os.getloadavg()[0], 1)
            print(json.dumps({"cameras": count, "cores": len(allowed[:count]), **row, "load": load}), flush=True)


def rendered(path: Path) -> tuple[Path, Camera]:
    """A film as a camera codes it (4 Mbit/s, no B frames, a key picture every two seconds), and its camera."""
    tower = Tower(width_px=1920, height_px=1080, falls_at_s=7.0)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=tower.fps)
        stream.width, stream.height, stream.pix_fmt = tower.width_px, tower.height_px, "yuv420p"
        stream.options = {"preset": "superfast", "b": "4M", "maxrate": "6M", "bufsize": "8M", "bf": "0", "g": "50"}
        for number in range(FILM_S * tower.fps):
            picture = av.VideoFrame.from_ndarray(tower.frame(number), format="bgr24")
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
    return path, Camera(source=str(path), duties=(Duty.THROWING,), facade=tower.facade())


async def live(film: Path, camera: Camera, count: int, seconds: float) -> dict[str, object]:
    """What `count` such cameras cost over so many seconds, after they have settled."""
    heard: list[Observation] = []
    source = camera.model_copy(update={"source": str(film), "loop_file": True})
    site = Site(eyes=Eyes(start_timeout_s=120), cameras={f"tower{n}": source for n in range(count)})
    link = EyesLink(site, heard.append)
    await link.start()
    try:
        await until_backs(link, heard, 1)
        await asyncio.sleep(SETTLE_S)
        pid, before, cpu_before_s = link.stats.pid, await next_beat(link), 0.0
        assert pid is not None
        cpu_before_s = cpu_s(pid)
        await asyncio.sleep(seconds)
        after = await next_beat(link)
        cpu = cpu_s(pid) - cpu_before_s
    finally:
        await link.stop()
    if any(isinstance(item, EyesLost) for item in heard):
        raise RuntimeError(link.stats.last_cause)
    took_s = after.at_mono_s - before.at_mono_s
    captured = gained(after, before, "frames_captured")
    return {
        "seconds": round(took_s, 1),
        "captured_per_s": round(captured / took_s, 2),
        "read_per_s": round(gained(after, before, "frames_read") / took_s, 2),
        "dropped": gained(after, before, "frames_dropped"),
        "dropped_share": round(gained(after, before, "frames_dropped") / max(1, captured), 4),
        "look_ms_mean": round(sum(camera.read_ms_mean for camera in after.cameras) / count, 2),
        "cores_used": round(cpu / took_s, 3),
        "cpu_s_per_film_s": round(cpu / max(1, captured) * Tower.fps, 3),
        "falls": sum(isinstance(item, FallSeen) for item in heard),
        "errors": sum(camera.read_errors for camera in after.cameras),
        "rss_mb": round(after.rss_mb),
        "up_again": sum(isinstance(item, EyesBack) for item in heard) - 1,
    }


async def next_beat(link: EyesLink) -> EyesBeat:
    """The next heartbeat, so that counters and processor time are of one moment."""
    old = link.stats.beat
    for _ in range(3000):
        if link.stats.beat is not None and link.stats.beat is not old:
            return link.stats.beat
        await asyncio.sleep(0.01)
    raise TimeoutError("the eyes have no heartbeat")


def gained(after: EyesBeat, before: EyesBeat, name: str) -> int:
    """By how much a counter has grown, over all cameras."""

    def total(cameras: tuple[CameraStats, ...]) -> int:
        return sum(int(getattr(camera, name)) for camera in cameras)

    return total(after.cameras) - total(before.cameras)


if __name__ == "__main__":
    main()
