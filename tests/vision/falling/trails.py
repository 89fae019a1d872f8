"""Trails as their physics makes them, and who judges them."""

from __future__ import annotations

import numpy as np

from tests.vision.falling.walls import Site, fall
from vision.falling.clutter import Clutter
from vision.falling.facade import Wall
from vision.falling.judge import Judge, Verdict
from vision.falling.tracks import Trail

SITE = Site(size=(1280, 720), focal_px=900, floors=14, pitch_deg=25)

T = np.arange(1, 60) * 0.04


def judge() -> Judge:
    return Judge(Wall(SITE.facade(), SITE.size), Clutter(SITE.size))


def trail(places: np.ndarray, side_px: float = 8.0, start_s: float = 20.0, seed: int = 1, site: Site = SITE) -> Trail:
    """Nx3 places at 25 pictures per second, as far as they are in the picture and above ground."""
    seen = site.see(places)
    good = (seen > 0).all(1) & (seen < site.size).all(1) & (places[:, 2] > 0)
    seen = seen[good] + np.random.default_rng(seed).normal(0, 0.3, (int(good.sum()), 2))
    at_s = start_s + np.arange(len(places))[good] * 0.04
    half = side_px / 2
    return Trail(np.column_stack([at_s, seen, seen - half, seen + half, np.full(len(seen), -40.0)]))


def thrown(start: tuple[float, ...], speed: tuple[float, ...], terminal_mps: float) -> Trail:
    return trail(fall(T, np.array(start), np.array(speed), terminal_mps))


def decide(one: Trail, by: Judge | None = None) -> Verdict:
    return (by or judge()).judge(one, 0.0)


def steady(x: float, z: float, vx: float, vz: float, out_m: float = 0.0) -> np.ndarray:
    return np.stack([x + vx * T, np.full(len(T), out_m), z + vz * T], 1)


def snowing(by: Judge, until: int) -> None:
    random = np.random.default_rng(8)
    for number in range(until):
        flake = steady(random.uniform(-8, 8), 25, 0.3, -2.0 - 0.2 * random.random())
        by.judge(trail(flake, 8, start_s=20 + number * 0.1, seed=number), 0.0)
