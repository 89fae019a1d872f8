"""Core: the fall that explains a trail best: where it was let go, how fast, how much the air held it.

Gravity against quadratic drag has a closed form for a fall straight down (terminal speed vt: speed vt*tanh(g*t/vt));
motion across it fades with the same air resistance towards the wind's. Perspective bends the path of a thing thrown
towards the camera so much that it may rise in the picture while it falls, so the fit is made in space and compared in
pixels. Priors say what hands can do: seconds-long trails overrule them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from vision.falling.facade import LEAVES_AT_M, Wall

Floats = NDArray[np.float64]

GRAVITY = 9.81
ROUNDS = 14
TERMINALS_MPS = (3.0, 14.0)
"""Of light and of heavy things: the fit is begun with both."""
PRIOR = 14.0
"""How unusual a throw may be, in squared standard deviations."""
PRIOR_EARLIER, RMS_EARLIER = 6.0, 1.35
"""Of an earlier start that hands could give, where the likeliest is none: how usual, and how much wider than it."""
ACROSS_MPS, ACROSS_OUT = 3.0, 0.3
"""Thrown faster along the wall than that, it must also have been thrown away from it, by such a share."""
_MEAN = np.array([0.0, 0.0, 0.0, 1.5, 0.0, np.log(14.0), 0.0])  # x0, z0, vx, vo, vz, log vt, wind
_SPREAD = np.array([1e3, 1e3, 2.5, 2.5, 1.8, 0.9, 1.2])
_STEP = np.array([1e-3, 1e-3, 1e-3, 1e-3, 1e-3, 1e-4, 1e-3])


@dataclass(frozen=True, slots=True)
class Flight:
    """A fall that was let go at ``start_s``; metres of `facade.Wall`, metres per second."""

    start_s: float
    parameters: Floats
    rms_px: float
    """Of the trail round the fall; outliers count less."""
    prior: float
    """How unusual the throw would be: sum of squares in standard deviations."""

    @property
    def terminal_mps(self) -> float:
        """Speed at which air and weight balance."""
        return float(np.exp(self.parameters[5]))

    @property
    def thrown_mps(self) -> tuple[float, float, float]:
        """Speed at the start: across, outward, up."""
        return float(self.parameters[2]), float(self.parameters[3]), float(self.parameters[4])

    @property
    def along_the_wall(self) -> bool:
        """Birds dive so; what hands throw far aside they also throw outward."""
        across, outward, _ = self.thrown_mps
        return abs(across) > ACROSS_MPS and outward < ACROSS_OUT * abs(across)

    def place(self, at_s: Floats) -> Floats:
        """N times -> Nx3 (x, o, z)."""
        return np.asarray(_places(self.parameters[None], at_s - self.start_s)[0])

    def speed_mps(self, at_s: float) -> float:
        """At one time."""
        a, b = self.place(np.array([at_s - 0.02, at_s + 0.02]))
        return float(np.linalg.norm(b - a) / 0.04)


def fit(
    wall: Wall,
    at_s: Floats,
    points: Floats,
    start_s: float,
    noise_px: float,
    terminals_mps: tuple[float, ...] = TERMINALS_MPS,
) -> Flight:
    """N times and Nx2 pixels -> the likeliest fall that starts `LEAVES_AT_M` before the wall at `start_s`.

    `terminals_mps`: guesses of its final speed.
    """
    first = wall.out_from(wall.to_wall(points[:1]), LEAVES_AT_M)[0]
    mean = _MEAN.copy()
    mean[:2] = first
    times = at_s - start_s
    best: tuple[float, Floats, Floats] | None = None
    for terminal in terminals_mps:
        guess = mean.copy()
        guess[5] = np.log(terminal)
        found = _descend(wall, times, points, guess, mean, noise_px)
        if best is None or found[0] < best[0]:
            best = found
    assert best is not None
    _, parameters, off = best
    squared = (off**2).sum(1)
    limit = 9 * noise_px**2 + 4 * float(np.median(squared))
    rms = float(np.sqrt(np.minimum(squared, limit).mean()))
    prior = float((((parameters - mean) / _SPREAD)[2:] ** 2).sum())
    return Flight(start_s, parameters, rms, prior)


def likeliest(tried: list[tuple[float, Flight]]) -> Flight:
    """Of falls with different starts and what each costs: the cheapest that hands can throw, if one fits.

    What is first seen late at its final speed fits a throw downward best, by the last tenth of a pixel.
    """
    best = min(tried, key=lambda one: one[0])[1]
    if best.prior <= PRIOR and not best.along_the_wall:
        return best
    usual = [
        one
        for one in tried
        if one[1].prior < PRIOR_EARLIER and one[1].rms_px < RMS_EARLIER * best.rms_px and not one[1].along_the_wall
    ]
    return min(usual, key=lambda one: one[0], default=(0.0, best))[1]


def _descend(
    wall: Wall, times: Floats, points: Floats, guess: Floats, mean: Floats, noise_px: float
) -> tuple[float, Floats, Floats]:
    """Levenberg-Marquardt with Huber weights -> cost, parameters, residuals in pixels."""
    now, damping = guess, 1e-2
    cost, off, weights = _cost(wall, times, points, now, mean, noise_px)
    for _ in range(ROUNDS):
        moved = now[None] + np.diag(_STEP)
        slopes = (wall.project(_places(moved, times)) - (points + off)[None]) / _STEP[:, None, None]
        jacobian = slopes.reshape(len(_STEP), -1).T
        scale = np.repeat(weights, 2) / noise_px**2
        normal = (jacobian * scale[:, None]).T @ jacobian + np.diag(_SPREAD**-2)
        gradient = (jacobian * scale[:, None]).T @ off.reshape(-1) + (now - mean) / _SPREAD**2
        step = np.linalg.solve(normal + damping * np.diag(np.diag(normal)), -gradient)
        trial = now + step
        trial[5] = np.clip(trial[5], np.log(0.8), np.log(80.0))
        trial[2:5] = np.clip(trial[2:5], -15.0, 15.0)
        new = _cost(wall, times, points, trial, mean, noise_px)
        if new[0] < cost:
            done = cost - new[0] < 1e-3 * cost
            now, (cost, off, weights), damping = trial, new, damping * 0.3
            if done:
                break
        else:
            damping *= 8
    return cost, now, off


def _cost(
    wall: Wall, times: Floats, points: Floats, parameters: Floats, mean: Floats, noise_px: float
) -> tuple[float, Floats, Floats]:
    off = wall.project(_places(parameters[None], times))[0] - points
    size = np.hypot(off[:, 0], off[:, 1]) / noise_px
    huber = np.where(size < 2.5, size**2, 5.0 * size - 6.25)
    weights = np.where(size < 2.5, 1.0, 2.5 / np.maximum(size, 1e-9))
    return float(huber.sum() + (((parameters - mean) / _SPREAD) ** 2).sum()), off, weights


def _places(parameters: Floats, times: Floats) -> Floats:
    """Kx7 parameters, N times -> KxNx3 (x, o, z)."""
    x, z, vx, vo, vz, log_vt, wind = (column[:, None] for column in parameters.T)
    vt = np.exp(log_vt)
    begin = np.arctanh(np.clip(-vz / vt, -0.98, 0.98))
    phase = begin + GRAVITY * times / vt
    fallen = vt**2 / GRAVITY * (_log_cosh(phase) - _log_cosh(begin))
    drift = np.cosh(begin) * vt / GRAVITY * (_gudermann(phase) - _gudermann(begin))
    across = x + wind * times + (vx - wind) * drift
    out = LEAVES_AT_M + vo * drift
    return np.stack(np.broadcast_arrays(across, out, z - fallen), -1)


def _log_cosh(value: Floats) -> Floats:
    size = np.abs(value)
    return np.asarray(size + np.log1p(np.exp(-2 * size)) - np.log(2.0))


def _gudermann(value: Floats) -> Floats:
    return np.asarray(2 * np.arctan(np.tanh(value / 2)))
