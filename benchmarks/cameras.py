"""Four gate cameras at eight pictures a second on this machine: decoding, motion gate, reading, votes.

    python -m benchmarks.cameras [--cameras 4] [--seconds 20] [--reader own] [--rates 8 25] [--codec libx264]

The real eyes process reads rendered 1080p films in which a car is always on its way, so that the motion gate spares
nothing. Each camera is offered eight pictures a second (``fps_max``), from a stream of 8 or of 25. A picture waits in
a slot of one: what is not read in time is replaced and counted as dropped, so a queue cannot grow; `read_per_s` beside
`captured_per_s` says whether the machine keeps up.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import tempfile
from pathlib import Path

import av
import numpy as np
from av.video.stream import VideoStream

from benchmarks.eyes import load
from config.model import Plates
from vision.plate_reader import PlateReader
from vision.readers import named_reader
from vision.sim.car import Look
from vision.sim.scene import Scene, SceneState

WIDTH, HEIGHT = 1920, 1080
FILM_S = 8
LOOKS = (Look("粤B12345"), Look("沪AD12345", "green", kind="suv"), Look("京A8K99P", "yellow", 2, kind="van"))


def own(_plates: Plates) -> PlateReader:
    """Factory named in the start message."""
    return named_reader("own")


def rapidocr(_plates: Plates) -> PlateReader:
    """Factory named in the start message."""
    return named_reader("rapidocr")


def write_film(path: Path, codec: str, rate: int) -> Path:
    """Cars that come one after the other."""
    scene = Scene("east", (WIDTH, HEIGHT))
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuvj420p" if codec == "mjpeg" else "yuv420p"
        stream.options = {"q:v": "5"} if codec == "mjpeg" else {"preset": "ultrafast", "b": "4M", "g": "50"}
        for number in range(FILM_S * rate):
            second = number / rate
            look = LOOKS[int(second // 3) % len(LOOKS)]
            state = SceneState(look, -9.0 + 4.0 * (second % 3), number=number, stamp=f"2026-06-01 12:00:{second:05.2f}")
            for packet in stream.encode(av.VideoFrame.from_ndarray(np.asarray(scene.render(state)), format="bgr24")):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    return path


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cameras", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--rates", type=int, nargs="+", default=[8, 25], help="pictures a second in the stream")
    parser.add_argument("--reader", choices=("own", "rapidocr"), default="own")
    parser.add_argument("--codec", choices=("libx264", "mjpeg"), default="libx264")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TMPDIR"] = folder
        for rate in options.rates:
            suffix = "avi" if options.codec == "mjpeg" else "mp4"
            film = write_film(Path(folder) / f"{rate}.{suffix}", options.codec, rate)
            row = await load(film, options.cameras, options.seconds, f"benchmarks.cameras:{options.reader}")
            row = {"stream_fps": rate, "cameras": options.cameras, "reader": options.reader, **row}
            print(json.dumps(row | {"load_before": round(os.getloadavg()[0], 1)}), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
