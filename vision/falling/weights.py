"""Shell: the trees of `forest` in one file, ``vision/weights/falls.npz``: read at the start, written in training."""

from __future__ import annotations

import sys
import zipfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import numpy as np

from vision.falling.forest import Forest, Trees

FILE = Path(__file__).resolve().parents[1] / "weights" / "falls.npz"
CHEAP, WHOLE = "cheap", "whole"
DAMAGED = (OSError, ValueError, KeyError, IndexError, EOFError, zipfile.BadZipFile)


def fall_forest(file: Path = FILE) -> Forest | None:
    """The trees, or None where the file is missing or damaged: the rules decide alone then, less well."""
    try:
        with file.open("rb") as raw, np.load(raw, allow_pickle=False) as held:
            return Forest(_trees(held, CHEAP), _trees(held, WHOLE))
    except DAMAGED as error:
        zh = f"高空抛物权重 {file.name} 缺失或损坏, 只按规则判断, 漏报误报会增多; 请重新安装 menwei"
        en = f"{file.name} is missing or damaged: rules alone judge falling things, less well; install menwei again"
        text = f"{zh} / {en}: {error!r}"
        print(text, file=sys.stderr, flush=True)  # noqa: T201  # hub's log
        return None


def save(file: Path, found: Mapping[str, Trees]) -> None:
    """Writes both lots of trees."""
    held = {f"{lot}.{name}": np.asarray(value) for lot, one in found.items() for name, value in asdict(one).items()}
    np.savez_compressed(file, allow_pickle=False, **held)


def _trees(held: Mapping[str, np.ndarray], lot: str) -> Trees:
    """Raises `KeyError` where something is missing, `ValueError` where it does not fit together."""
    part = {name: held[f"{lot}.{name}"] for name in Trees.__dataclass_fields__}
    found = Trees(
        names=tuple(part["names"].tolist()),
        roots=part["roots"].astype(np.int32),
        trait=part["trait"].astype(np.int16),
        most=part["most"].astype(np.float64),
        lower=part["lower"].astype(np.int32),
        higher=part["higher"].astype(np.int32),
        value=part["value"].astype(np.float32),
        depth=int(part["depth"]),
        base=float(part["base"]),
    )
    nodes = len(found.value)
    fits = all(len(column) == nodes for column in (found.trait, found.most, found.lower, found.higher))
    within = all(
        column.size and 0 <= column.min() <= column.max() < nodes for column in (found.roots, found.lower, found.higher)
    )
    if not fits or not within or found.trait.max() >= len(found.names):
        raise ValueError("nodes that point nowhere")
    return found
