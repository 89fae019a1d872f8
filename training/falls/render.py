"""Renders throwing clips in which things are not of the usual fourteen kinds: other weights, sizes and ways to sway.

    python -m training.falls.render --tools DIR --seeds 3000-3099 --out DIR [--in rain snow]

``--tools``: the folder of the package ``scenes``. Trees that have only seen bottles and bags of one weight take the
weight for the mark; in each clip every kind is lighter or heavier, larger or smaller, and sways more or less.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

SIZE, TERMINAL, SWAY = 0.35, 0.4, 0.5
"""Spread of the logarithm of what each kind's length and width, terminal speed, and sway are multiplied by."""
STILL = 0.25
"""Share of the things that sway, and do not in a clip."""


def varied(kinds: dict[str, tuple[Any, ...]], seed: int) -> dict[str, tuple[Any, ...]]:
    """Length, width, terminal speed, shape, colours, opacity, sway of each kind, as they are in one clip."""
    random = np.random.default_rng([seed, 77])
    changed = {}
    for name, (length, width, terminal, shape, colours, opacity, sway) in kinds.items():
        size, speed, sways = np.exp(random.normal(0, [SIZE, TERMINAL, SWAY]))
        still = random.random() < STILL
        changed[name] = (
            length * size,
            width * size,
            terminal * speed,
            shape,
            colours,
            opacity,
            0 if still else sway * sways,
        )
    return changed


def main(arguments: Sequence[str] | None = None) -> int:
    """Render."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tools", type=Path, required=True)
    parser.add_argument("--seeds", required=True, help="first-last")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--in", nargs="+", dest="conditions", help="only such weather, and something thrown in each")
    options = parser.parse_args(arguments)
    sys.path.insert(0, str(options.tools))
    throwing = importlib.import_module("scenes.throwing")
    options.out.mkdir(parents=True, exist_ok=True)
    usual = dict(throwing.OBJECTS)
    first, last = map(int, options.seeds.split("-"))
    for seed in range(first, last + 1):
        throwing.OBJECTS.update(varied(usual, seed))
        only = options.conditions
        more = {"cond": only[seed % len(only)], "positive": True} if only else {}
        print(throwing.make(seed, str(options.out), **more), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
