"""Does a watching camera grow? A clip over and over through watches and recorder, and the slope of resident memory.

    python -m benchmarks.watching_memory [--hours 24] [--minutes 10] [--duty throwing|zones]

The film is a rendered tower (a fall each 12 s) or yard (a car that blocks its lane every 40 s) at 640x360. Film time
runs as fast as the machine can; ``--hours`` of film, or ``--minutes`` of the clock, whichever ends first. Noted once a
film minute: resident memory, and what of it the C library has given out and not got back (`mallinfo2`: the arrays of
numpy, OpenCV and the decoder). What leaks grows in both; resident memory alone grows while the gaps of the heap settle.
Slopes are those of a straight line through what follows the first fifth (caches fill in the beginning), that of
resident memory also of the second half alone. Prints one JSON line.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import json
import tempfile
import time
from pathlib import Path

import av
import cv2
import numpy as np

from config.model import Camera, Duty
from tests.vision.clips import write_film
from vision.confine import rss_mb
from vision.falling.weights import fall_forest
from vision.frame import Frame
from vision.sightings import FallSeen, ZoneBlocked
from vision.sim.watched import Tower, Yard
from vision.watching.recorder import Recorder
from vision.watching.watches import watches_of


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=float, default=24.0)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--duty", choices=("throwing", "zones"), default="throwing")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as folder:
        film, camera = made(Path(folder), options.duty)
        print(json.dumps({"duty": options.duty, **grown(film, camera, options.hours, options.minutes * 60)}))


def made(folder: Path, duty: str) -> tuple[Path, Camera]:
    """The film and the camera that plays it."""
    if duty == "throwing":
        tower = Tower(falls_at_s=7.0)
        film = write_film(folder / "film.mp4", 12 * tower.fps, tower.fps, tower.frame)
        return film, Camera(source=str(film), duties=(Duty.THROWING,), facade=tower.facade())
    yard = Yard(comes_s=5.0, leaves_s=25.0)
    film = write_film(folder / "film.mp4", 40 * yard.fps, yard.fps, yard.frame)
    return film, Camera(source=str(film), duties=(Duty.ZONES,), zones={"north": yard.zone(8.0)})


def grown(film: Path, camera: Camera, hours: float, clock_s: float) -> dict[str, float | int | str]:
    """Memory over film time, and what was seen meanwhile."""
    watches = watches_of("camera", camera, prefix="m", detector=None, learnt=fall_forest())
    recorder = Recorder("camera")
    began_s, at_s, number, said, clips = time.monotonic(), 0.0, 0, 0, 0
    marks: list[tuple[float, float, float]] = []
    with av.open(str(film)) as container:
        stream = container.streams.video[0]
        step_s = 1.0 / float(stream.average_rate or 25)
        while at_s < hours * 3600 and time.monotonic() - began_s < clock_s:
            container.seek(0)
            stream.codec_context.flush_buffers()
            recorder.opened(stream)
            for packet in container.demux(stream):
                if packet.size:
                    recorder.packet(packet, at_s)
                for picture in packet.decode():
                    number, at_s = number + 1, at_s + step_s
                    image = np.asarray(picture.to_ndarray(format="bgr24"), np.uint8)
                    for sighting in watches.look(Frame("camera", number, at_s, at_s, image)):
                        said += 1
                        if isinstance(sighting, FallSeen | ZoneBlocked):
                            recorder.want(sighting.matter, sighting.captured_mono_s, at_s)
                clips += len(recorder.due(at_s))
            recorder.closing()
            clips += len(recorder.due(at_s))
            if not marks or at_s - marks[-1][0] >= 60:
                gc.collect()
                marks.append((at_s, rss_mb(), in_use_mb()))
    settled = [mark for mark in marks if mark[0] >= at_s / 5]
    late = [mark for mark in marks if mark[0] >= at_s / 2]
    return {
        "film_hours": round(at_s / 3600, 2),
        "clock_s": round(time.monotonic() - began_s),
        "frames": number,
        "said": said,
        "clips": clips,
        "rss_mb_first": round(settled[0][1], 1),
        "rss_mb_last": round(settled[-1][1], 1),
        "rss_mb_max": round(max(mb for _, mb, _ in marks), 1),
        "rss_mb_per_24h": slope_mb_per_24h(settled, 1),
        "rss_mb_per_24h_second_half": slope_mb_per_24h(late, 1),
        "in_use_mb_first": round(settled[0][2], 2),
        "in_use_mb_last": round(settled[-1][2], 2),
        "in_use_mb_per_24h": slope_mb_per_24h(settled, 2),
    }


def slope_mb_per_24h(marks: list[tuple[float, float, float]], column: int) -> float:
    """Of a straight line through one column of the marks."""
    line = np.polyfit([mark[0] / 3600 for mark in marks], [mark[column] for mark in marks], 1)
    return round(24 * float(line[0]), 2)


class _MallInfo(ctypes.Structure):
    """`struct mallinfo2` of glibc."""

    _names = "arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks keepcost"
    _fields_ = [(name, ctypes.c_size_t) for name in _names.split()]


def in_use_mb() -> float:
    """What the C library has given out: heap and mapped blocks; needs glibc 2.33."""
    library = ctypes.CDLL(None)
    library.mallinfo2.restype = _MallInfo
    info = library.mallinfo2()
    return float(info.uordblks + info.hblkhd) / 2**20


if __name__ == "__main__":
    main()
