"""What the eyes process costs and how soon it is back: the real process, real decoding, the real reader.

    python -m benchmarks.eyes [--seconds 20] [--cameras 1 2 4] [--codecs mjpeg libx264] [--reader MODULE:FACTORY]
    python -m benchmarks.eyes --faults

Frames per second, drops, CPU of the eyes and the lateness of their heartbeat with 1 to 4 rendered 1080p films
(25 pictures a second, cars that come and go); or, with ``--faults``, the time from a blow until a ready
heartbeat: kill -9, SIGSEGV, SIGSTOP, and memory that grows without end.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import statistics
import tempfile
import time
from itertools import pairwise
from pathlib import Path

import av
import cv2
import numpy as np
from av.video.stream import VideoStream

from config.model import Camera, Eyes, Plates, Site
from edge.observations import EyesBack, EyesLost, Observation
from edge.run.eyes_link import EyesLink
from vision.observations import EyesBeat
from vision.plate_reader import Image, PlateRead, PlateReader
from vision.readers import plate_reader
from vision.wire import DEFAULT_READER

FPS, SECONDS, WIDTH, HEIGHT = 25, 12, 1920, 1080
RNG = np.random.default_rng(1)


def gate_picture(number: int, street: Image) -> Image:
    """A car with something like a plate that drives up, stands, and leaves, over a noisy street."""
    second = number / FPS
    x = int(-600 + 900 * min(second, 2.0) / 2.0 + max(0.0, second - 8.0) * 700)
    picture = street.copy()
    if x < WIDTH:
        cv2.rectangle(picture, (x, 500), (x + 700, 900), (60, 60, 150), -1)
        cv2.rectangle(picture, (x + 250, 780), (x + 450, 840), (160, 80, 20), -1)
        cv2.putText(picture, "A12345", (x + 258, 828), cv2.FONT_HERSHEY_SIMPLEX, 1.6, (255, 255, 255), 4)
    noise = RNG.integers(0, 6, (HEIGHT // 4, WIDTH // 4, 1), np.uint8)
    return np.asarray(cv2.add(picture, np.tile(noise, (4, 4, 3))), np.uint8)


def write_film(path: Path, codec: str) -> Path:
    """A rendered film of twelve seconds."""
    grey = cv2.resize(RNG.integers(60, 160, (27, 48, 3), np.uint8), (WIDTH, HEIGHT))
    street = np.asarray(grey, np.uint8)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=FPS)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height = WIDTH, HEIGHT
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        stream.options = {"q:v": "5"} if codec == "mjpeg" else {"preset": "ultrafast", "b": "4M", "g": "50"}
        for number in range(FPS * SECONDS):
            image = av.VideoFrame.from_ndarray(gate_picture(number, street), format="bgr24")
            for packet in stream.encode(image):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    return path


def cpu_s(pid: int) -> float:
    """Processor seconds used by the process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def until_backs(link: EyesLink, heard: list[Observation], count: int) -> None:
    """Wait for the `count`-th return, at most two minutes."""
    for _ in range(6000):
        if sum(isinstance(item, EyesBack) for item in heard) >= count:
            return
        await asyncio.sleep(0.02)
    raise TimeoutError(f"the eyes do not come back: {link.stats.last_cause}")


async def load(film: Path, cameras: int, seconds: float, reader: str) -> dict[str, object]:
    """One row of the table."""
    arrivals_s: list[float] = []
    heard: list[Observation] = []

    def offer(item: Observation) -> None:
        heard.append(item)
        if isinstance(item, EyesBeat):
            arrivals_s.append(time.monotonic())

    site = Site(
        eyes=Eyes(start_timeout_s=120),
        cameras={f"cam{n}": Camera(source=str(film), loop_file=True) for n in range(cameras)},
    )
    link = EyesLink(site, offer, reader=reader)
    await link.start()
    try:
        await until_backs(link, heard, 1)
        await asyncio.sleep(2.0)
        pid, before = link.stats.pid, link.stats.beat
        assert pid is not None
        assert before is not None
        arrivals_s.clear()
        cpu_before_s, started_s = cpu_s(pid), time.monotonic()
        await asyncio.sleep(seconds)
        cpu, took_s, after = cpu_s(pid) - cpu_before_s, time.monotonic() - started_s, link.stats.beat
        assert after is not None
        if any(isinstance(item, EyesLost) for item in heard):
            raise RuntimeError(link.stats.last_cause)
    finally:
        await link.stop()
    beat_s = after.at_mono_s - before.at_mono_s
    gaps_ms = sorted((b - a) * 1000 for a, b in pairwise(arrivals_s))

    def rate(name: str) -> float:
        gained = sum(getattr(c, name) for c in after.cameras) - sum(getattr(c, name) for c in before.cameras)
        return float(round(gained / beat_s, 1))

    return {
        "captured_per_s": rate("frames_captured"),
        "read_per_s": rate("frames_read"),
        "dropped_per_s": rate("frames_dropped"),
        "read_ms_mean": round(statistics.mean(c.read_ms_mean for c in after.cameras), 1),
        "cpu_cores": round(cpu / took_s, 2),
        "rss_mb": round(after.rss_mb),
        "beat_gap_ms": {"p50": round(gaps_ms[len(gaps_ms) // 2]), "max": round(gaps_ms[-1])},
    }


class Greedy:
    """The default reader, which after ten reads grows until it is stopped; in every life but the last."""

    def __init__(self, plates: Plates) -> None:
        self._reader = plate_reader(plates)
        self._reads = 0
        self._marker = Path(os.environ["TMPDIR"]) / "greedy"

    def read(self, image: Image) -> list[PlateRead]:
        self._reads += 1
        if self._reads > 10 and self._marker.exists():
            self._marker.unlink()
            hoard = []
            while True:
                hoard.append(np.ones(16 * 1024 * 1024, np.uint8))
        return self._reader.read(image)


def greedy(plates: Plates) -> PlateReader:
    """Factory named in the start message."""
    return Greedy(plates)


async def faults(film: Path, reader: str) -> dict[str, object]:
    """Seconds from each blow to the next ready heartbeat."""
    heard: list[Observation] = []
    site = Site(cameras={"east": Camera(source=str(film), loop_file=True)})
    rows: dict[str, object] = {}
    link = EyesLink(site, heard.append, reader=reader)
    started_s = time.monotonic()
    await link.start()
    try:
        await until_backs(link, heard, 1)
        rows["first_start_s"] = round(time.monotonic() - started_s, 2)
        for number, blow in enumerate((signal.SIGKILL, signal.SIGSEGV, signal.SIGSTOP), start=2):
            await asyncio.sleep(5.0)
            pid = link.stats.pid
            assert pid is not None
            started_s = time.monotonic()
            os.kill(pid, blow)
            await until_backs(link, heard, number)
            rows[blow.name] = round(time.monotonic() - started_s, 2)
    finally:
        await link.stop()
    rows["memory"] = await memory_blow_up(film)
    edges = [type(item).__name__ for item in heard if isinstance(item, EyesLost | EyesBack)]
    return rows | {"edges": edges}


async def memory_blow_up(film: Path) -> dict[str, object]:
    """From the loss by memory to the next ready heartbeat."""
    heard: list[Observation] = []
    site = Site(eyes=Eyes(memory_max_mb=1024), cameras={"east": Camera(source=str(film), loop_file=True)})
    (Path(os.environ["TMPDIR"]) / "greedy").touch()
    link = EyesLink(site, heard.append, reader="benchmarks.eyes:greedy")
    await link.start()
    try:
        await until_backs(link, heard, 2)
    finally:
        await link.stop()
    lost = [item.cause for item in heard if isinstance(item, EyesLost)]
    backs = [round(item.down_s, 2) for item in heard if isinstance(item, EyesBack)]
    return {"causes": lost, "down_s": backs[1:]}


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--cameras", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--codecs", nargs="+", default=["mjpeg", "libx264"])
    parser.add_argument("--reader", default=DEFAULT_READER)
    parser.add_argument("--faults", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TMPDIR"] = folder
        for codec in options.codecs:
            film = write_film(Path(folder) / f"{codec}.{'avi' if codec == 'mjpeg' else 'mp4'}", codec)
            if options.faults:
                print(json.dumps({"codec": codec} | await faults(film, options.reader)), flush=True)
                continue
            for cameras in options.cameras:
                row = await load(film, cameras, options.seconds, options.reader)
                print(json.dumps({"codec": codec, "cameras": cameras} | row), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
