"""Grows the trees that weigh the traits of falling things, and says how well they do on clips that they have not seen.

    python -m training.falls.grow --from DIR [DIR ...] --to vision/weights/falls.npz [--folds 8] [--check-only]

``--from``: what `training.falls.collect` wrote. Each clip is judged once by trees grown on the other folds' clips: the
table says, by the chance asked, how many easy and hard events had a trail above it, and how many false alarms there
were (trails that begin within three seconds are one). What ships is grown on all.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier

from training.falls.collect import NOTHING, UNCLEAR
from vision.falling.forest import GLANCE, Trees
from vision.falling.weights import CHEAP, WHOLE, save

SEEDS = 4
SETTINGS: dict[str, Any] = {
    "max_iter": 350,
    "learning_rate": 0.05,
    "max_leaf_nodes": 16,
    "min_samples_leaf": 8,
    "l2_regularization": 2.0,
    "max_features": 0.1,
}
CHANCES = (0.1, 0.2, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
TOGETHER_S = 3.0
DEAR = "off_px"
"""The first trait of `traits.of_flight`; those before it are cheap."""


@dataclass(frozen=True)
class Material:
    """All trails of all clips."""

    names: list[str]
    rows: NDArray[np.float64]
    event: NDArray[np.int64]
    begins_s: NDArray[np.float64]
    clip: NDArray[np.int64]
    clips: list[dict[str, Any]]

    @property
    def clear(self) -> NDArray[np.bool_]:
        """Of which it is known what they are."""
        return np.asarray(self.event != UNCLEAR)


def gathered(folders: Sequence[Path]) -> Material:
    """What was written down."""
    clips = [json.loads(path.read_text()) for folder in folders for path in sorted(folder.glob("*.json"))]
    names = next(clip["names"] for clip in clips if clip["names"])
    assert all(clip["names"] in ([], names) for clip in clips), "collected by different versions: collect anew"
    return Material(
        names,
        np.array([row for clip in clips for row in clip["rows"]]),
        np.array([event for clip in clips for event in clip["event"]]),
        np.array([begin for clip in clips for begin in clip["begins_s"]]),
        np.array([number for number, clip in enumerate(clips) for _ in clip["rows"]]),
        clips,
    )


def weights(clip: NDArray[np.int64], event: NDArray[np.int64]) -> NDArray[np.float64]:
    """Of each trail: what has been seen as four trails counts as two, or the things told easily would count most."""
    thrown = event >= 0
    _, which, trails = np.unique(np.stack([clip, event])[:, thrown], axis=1, return_inverse=True, return_counts=True)
    weight = np.ones(len(event))
    each = 1 / np.sqrt(trails[which])
    weight[thrown] = each / each.mean()
    return weight


def grown(
    rows: NDArray[np.float64], thrown: NDArray[np.bool_], weight: NDArray[np.float64]
) -> list[HistGradientBoostingClassifier]:
    """One lot of trees for each seed."""
    return [
        HistGradientBoostingClassifier(random_state=seed, **SETTINGS).fit(rows, thrown, sample_weight=weight)
        for seed in range(SEEDS)
    ]


def odds(lots: list[HistGradientBoostingClassifier], rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean logarithm of odds."""
    return np.asarray(np.mean([lot.decision_function(rows) for lot in lots], 0))


def unseen(material: Material, columns: int, folds: int) -> NDArray[np.float64]:
    """The chance of each trail by trees that were grown without its clip."""
    chance = np.zeros(len(material.rows))
    rows, weight = material.rows[:, :columns], weights(material.clip, material.event)
    fold = np.random.default_rng(0).permutation(len(material.clips))[material.clip] % folds
    for number in range(folds):
        learn = (fold != number) & material.clear
        lots = grown(rows[learn], material.event[learn] >= 0, weight[learn])
        chance[fold == number] = 1 / (1 + np.exp(-odds(lots, rows[fold == number])))
    return chance


def told(material: Material, chance: NDArray[np.float64], asked: float) -> dict[str, list[int]]:
    """Events told and events, by difficulty; false alarms and clips."""
    result = {"easy": [0, 0], "hard": [0, 0], "false": [0, len(material.clips)]}
    for number, clip in enumerate(material.clips):
        own = material.clip == number
        sure = own & (chance >= asked)
        for event, (_, difficulty, _) in enumerate(clip["events"]):
            if difficulty in result:
                result[difficulty][0] += bool((sure & (material.event == event)).any())
                result[difficulty][1] += 1
        last_s = -np.inf
        for begin_s in np.sort(material.begins_s[sure & (material.event == NOTHING)]):
            if begin_s - last_s > TOGETHER_S:
                result["false"][0] += 1
                last_s = begin_s
    return result


def trees(lots: list[HistGradientBoostingClassifier], names: Sequence[str]) -> Trees:
    """As plain arrays; a leaf is its own child."""
    roots, parts, depth, at = [], [], 0, 0
    for lot in lots:
        for (predictor,) in lot._predictors:
            nodes = predictor.nodes
            own = np.arange(len(nodes)) + at
            leaf = nodes["is_leaf"].astype(bool)
            lower = np.where(leaf, own, nodes["left"] + at)
            higher = np.where(leaf, own, nodes["right"] + at)
            value = np.where(leaf, nodes["value"], 0.0) / len(lots)
            parts.append((np.where(leaf, 0, nodes["feature_idx"]), nodes["num_threshold"], lower, higher, value))
            roots.append(at)
            depth = max(depth, int(nodes["depth"].max()))
            at += len(nodes)
    trait, most, lower, higher, value = (np.concatenate(column) for column in zip(*parts, strict=True))
    base = float(np.mean([lot._baseline_prediction.item() for lot in lots]))
    return Trees(
        tuple(names),
        np.array(roots, np.int32),
        trait.astype(np.int16),
        most.astype(np.float64),
        lower.astype(np.int32),
        higher.astype(np.int32),
        value.astype(np.float32),
        depth,
        base,
    )


def checked(found: Trees, lots: list[HistGradientBoostingClassifier], rows: NDArray[np.float64]) -> float:
    """The largest difference of a chance from the library's."""
    due = 1 / (1 + np.exp(-odds(lots, rows)))
    ours = [found.chance(dict(zip(found.names, row, strict=True))) for row in rows.tolist()]
    return float(np.abs(np.array(ours) - due).max())


def main(arguments: Sequence[str] | None = None) -> int:
    """Check, grow, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--from", type=Path, required=True, nargs="+", dest="folders")
    parser.add_argument("--to", type=Path, required=True)
    parser.add_argument("--folds", type=int, default=8)
    parser.add_argument("--check-only", action="store_true")
    options = parser.parse_args(arguments)
    material = gathered(options.folders)
    cheap = material.names.index(DEAR)
    clear = material.clear
    print(len(material.clips), "clips", len(material.rows), "trails", int((material.event >= 0).sum()), "thrown")
    for columns, name in ((cheap, CHEAP), (len(material.names), WHOLE)):
        if options.folds > 1:
            chance = unseen(material, columns, options.folds)
            for asked in (GLANCE, *CHANCES):
                passed = (chance >= asked).mean()
                print(name, asked, json.dumps(told(material, chance, asked)), f"of all trails {passed:.3f}", flush=True)
    if options.check_only:
        return 0
    weight = weights(material.clip, material.event)[clear]
    lots = {
        name: grown(material.rows[clear][:, :columns], material.event[clear] >= 0, weight)
        for columns, name in ((cheap, CHEAP), (len(material.names), WHOLE))
    }
    found = {name: trees(lot, material.names[: lot[0].n_features_in_]) for name, lot in lots.items()}
    some = material.rows[:: max(1, len(material.rows) // 300)]
    off = max(checked(found[name], lot, some[:, : lot[0].n_features_in_]) for name, lot in lots.items())
    print("difference from the library", off)
    assert off < 1e-3
    save(options.to, found)
    print(options.to, options.to.stat().st_size, "bytes")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
