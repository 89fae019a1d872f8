"""QR codes under ten damages: how many are read and how long it takes, zxing-cpp beside OpenCV's own reader.

    python benchmarks/qr.py [--count 40]

A token as long as a signed pass (130 characters of base45, QR version 6, level M), drawn by segno, held before a
720p scene; place, size and strength of the damage vary from picture to picture with a fixed seed.
"""

from __future__ import annotations

import argparse
import io
import json
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import segno
from numpy.typing import NDArray

from vision.qr import ZxingReader

Image = NDArray[np.uint8]
Damage = Callable[[Image, np.random.Generator], Image]
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
WIDTH, HEIGHT = 1280, 720


def draw(text: str, module_px: int) -> Image:
    held = io.BytesIO()
    segno.make(text, error="m", micro=False).save(held, kind="png", scale=module_px, border=4)
    return np.asarray(cv2.imdecode(np.frombuffer(held.getvalue(), np.uint8), cv2.IMREAD_COLOR), np.uint8)


def scene(shown: Image, rng: np.random.Generator) -> Image:
    """The code somewhere before a grey wall with structure."""
    wall = cv2.resize(rng.integers(50, 180, (9, 16, 3), dtype=np.uint8), (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    picture = np.ascontiguousarray(wall, np.uint8)
    y, x = int(rng.integers(0, HEIGHT - shown.shape[0])), int(rng.integers(0, WIDTH - shown.shape[1]))
    picture[y : y + shown.shape[0], x : x + shown.shape[1]] = shown
    return picture


def blur(image: Image, rng: np.random.Generator) -> Image:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), float(rng.uniform(1.0, 3.0))), np.uint8)


def rotation(image: Image, rng: np.random.Generator) -> Image:
    turn = cv2.getRotationMatrix2D((WIDTH / 2, HEIGHT / 2), float(rng.uniform(-180, 180)), 0.6)
    return np.asarray(cv2.warpAffine(image, turn, (WIDTH, HEIGHT), borderValue=(110, 110, 110)), np.uint8)


def perspective(image: Image, rng: np.random.Generator) -> Image:
    corners = np.array([[0, 0], [WIDTH, 0], [WIDTH, HEIGHT], [0, HEIGHT]], np.float32)
    inward = rng.uniform(0, 0.25, (4, 2)).astype(np.float32) * np.array([WIDTH, HEIGHT], np.float32)
    moved = corners + inward * np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]], np.float32)
    warp = cv2.getPerspectiveTransform(corners, moved)
    return np.asarray(cv2.warpPerspective(image, warp, (WIDTH, HEIGHT), borderValue=(110, 110, 110)), np.uint8)


def low_light(image: Image, rng: np.random.Generator) -> Image:
    dark = image * rng.uniform(0.06, 0.2) + rng.normal(0, 3, image.shape)
    return np.clip(dark, 0, 255).astype(np.uint8)


def glare(image: Image, rng: np.random.Generator) -> Image:
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH]
    cy, cx, radius = rng.uniform(0, HEIGHT), rng.uniform(0, WIDTH), rng.uniform(60, 220)
    light = 400 * np.exp(-((y - cy) ** 2 + (x - cx) ** 2) / (2 * radius**2))
    lit: Image = np.clip(image + light[..., None], 0, 255).astype(np.uint8)
    return lit


def small(image: Image, rng: np.random.Generator) -> Image:
    share = float(rng.uniform(0.25, 0.5))  # down to 1.25 pixels a module
    less = cv2.resize(image, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
    picture = np.full_like(image, 110)
    picture[: less.shape[0], : less.shape[1]] = less
    return picture


def noise(image: Image, rng: np.random.Generator) -> Image:
    return np.clip(image + rng.normal(0, rng.uniform(20, 60), image.shape), 0, 255).astype(np.uint8)


def jpeg(image: Image, rng: np.random.Generator) -> Image:
    coded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(5, 30))])[1]
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)


def covered(image: Image, rng: np.random.Generator) -> Image:
    """A finger over a part of the code, before it is held up; the upper left finder patterns stay free."""
    size = image.shape[0]
    side = int(size * rng.uniform(0.12, 0.25))
    y, x = (int(rng.integers(size // 4, size - side)) for _ in range(2))
    picture = image.copy()
    picture[y : y + side, x : x + side] = (140, 160, 200)
    return picture


def inverted(image: Image, _rng: np.random.Generator) -> Image:
    return (255 - image).astype(np.uint8)


DAMAGES: dict[str, Damage] = {
    f.__name__: f for f in (blur, rotation, perspective, low_light, glare, small, noise, jpeg, covered, inverted)
}


def pictures(damage: str, count: int) -> list[tuple[str, Image]]:
    rng = np.random.default_rng(20261)
    made = []
    for _ in range(count):
        text = "".join(ALPHABET[n] for n in rng.integers(0, 45, 130))
        shown = draw(text, int(rng.integers(5, 9)))
        if damage == "covered":
            shown = covered(shown, rng)
        picture = scene(shown, rng)
        made.append((text, picture if damage in ("none", "covered") else DAMAGES[damage](picture, rng)))
    return made


def measure(read: Callable[[Image], list[str]], cases: list[tuple[str, Image]]) -> dict[str, float]:
    took_ms, right, wrong = [], 0, 0
    for text, picture in cases:
        began = time.perf_counter()
        found = read(picture)
        took_ms.append((time.perf_counter() - began) * 1e3)
        right += text in found
        wrong += any(other != text for other in found)
    return {
        "read": right / len(cases),
        "wrong": wrong,
        "ms_median": round(float(np.median(took_ms)), 1),
        "ms_p99": round(float(np.quantile(took_ms, 0.99)), 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=40, help="pictures per damage")
    parser.add_argument("--out", type=Path, help="write the figures as JSON")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    zxing, opencv = ZxingReader(), cv2.QRCodeDetector()

    def by_opencv(image: Image) -> list[str]:
        try:
            text = opencv.detectAndDecode(image)[0]
        except (cv2.error, UnicodeDecodeError):
            return []
        return [text] if text else []

    figures: dict[str, dict[str, dict[str, float]]] = {}
    print(f"{'damage':12} {'zxing-cpp':>10} {'ms':>7} {'p99':>7}   {'OpenCV':>7} {'ms':>7} {'p99':>7}   wrong")
    for damage in ("none", *DAMAGES):
        cases = pictures(damage, options.count)
        a, b = measure(zxing.read, cases), measure(by_opencv, cases)
        figures[damage] = {"zxing-cpp": a, "opencv": b}
        print(
            f"{damage:12} {a['read']:10.0%} {a['ms_median']:7.1f} {a['ms_p99']:7.1f}   "
            f"{b['read']:7.0%} {b['ms_median']:7.1f} {b['ms_p99']:7.1f}   {a['wrong']:.0f}/{b['wrong']:.0f}"
        )
    if options.out:
        options.out.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
