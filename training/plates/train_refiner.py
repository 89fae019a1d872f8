"""Trains the corner refiner on cut-outs of cached scenes.

    python -m training.plates.train_refiner --scenes CACHE --seed 1 --out DIR [--resume] [--minutes N]
        [--real-share 0.4 --labelled DIR --fold 0,1|none --glyphs DIR --detector FILE --warm FILE]

Writes OUT/last.pt every few minutes and measures on a shard of scenes that is never trained on (--check).
"""

from __future__ import annotations

import argparse
import logging
import time
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from training.plates.detector_data import Scenes
from training.plates.detector_net import PlateDetector
from training.plates.glyphs import Glyphs
from training.plates.loop import Average, Feeder, resume, set_rate, start_warm, to_input, write_checkpoint
from training.plates.real_scenes import fold_list, read_labelled
from training.plates.real_views import RealViews
from training.plates.refiner_data import Crops, refiner_batch
from training.plates.refiner_net import CornerRefiner
from training.plates.refiner_real import RealCrops, mixed_batch
from training.plates.train_detector import candidates

log = logging.getLogger(__name__)


def losses(out: Tensor, crops: Crops) -> tuple[Tensor, Tensor]:
    """Corner loss (shares of width and height) and the loss of what it is."""
    plate, rows = torch.from_numpy(crops.plate), torch.from_numpy(crops.two_rows)
    exact = torch.from_numpy(crops.exact)
    off = nn.functional.smooth_l1_loss(out[:, :8], torch.from_numpy(crops.shifts), beta=0.03, reduction="none")
    corner = (off.mean(1) * exact).sum() / exact.sum().clamp(min=1)
    what = nn.functional.binary_cross_entropy_with_logits(out[:, 8], plate)
    two = nn.functional.binary_cross_entropy_with_logits(out[:, 9], rows, reduction="none")
    return corner, what + 0.5 * (two * plate).sum() / plate.sum().clamp(min=1)


def measure(net: CornerRefiner, check: list[Crops]) -> str:
    """Mean and 90th percentile of the corner error in % of the width, errors of the plate and rows outputs."""
    errors, wrong, rows = [], [], []
    for crops in check:
        with torch.no_grad():
            out = net(to_input(crops.crops)).numpy()
        good = crops.plate > 0
        errors.append(np.abs(out[good, :8] - crops.shifts[good]).mean(axis=1))
        wrong.append((out[:, 8] > 0) != good)
        rows.append((out[good, 9] > 0) != (crops.two_rows[good] > 0))
    error = np.concatenate(errors) * 100
    return (
        f"corner error mean {error.mean():.2f} % p90 {np.percentile(error, 90):.2f} %, "
        f"plate or not wrong {np.concatenate(wrong).mean() * 100:.2f} %, rows {np.concatenate(rows).mean() * 100:.2f} %"
    )


def real_crops(args: argparse.Namespace) -> RealCrops:
    """The photos outside the folds kept aside, and what a detector that never saw those folds takes for plates."""
    photos = [p for p in read_labelled(args.labelled, args.corners) if p.fold not in args.fold]
    detector = None
    if args.detector:
        detector = PlateDetector().to(memory_format=torch.channels_last).eval()
        start_warm(detector, args.detector)
    found = [candidates(detector, photo.picture) if detector else [] for photo in photos]
    return RealCrops(photos, found, RealViews(photos, Glyphs(args.glyphs)))


def train(args: argparse.Namespace) -> None:
    """The whole run."""
    torch.manual_seed(args.seed)
    net = CornerRefiner().to(memory_format=torch.channels_last)
    if args.warm:
        start_warm(net, args.warm)
    average = Average(net)
    optimizer = torch.optim.AdamW(net.parameters(), lr=args.rate, weight_decay=1e-3)
    last = args.out / "last.pt"
    start = resume(net, optimizer, average, last) if args.resume else 0
    rng, scenes = np.random.default_rng([args.seed, 11, start]), Scenes(args.scenes)
    aside = np.random.default_rng(5)
    check = [refiner_batch(aside, Scenes(args.check)) for _ in range(4)] if args.check else []
    real = real_crops(args) if args.real_share > 0 else None
    feeder = Feeder(lambda: mixed_batch(rng, scenes, real, args.real_share) if real else refiner_batch(rng, scenes))
    begun, sums = time.monotonic(), np.zeros(2)
    for step in range(start + 1, args.steps + 1):
        set_rate(optimizer, args.rate, step, args.steps)
        crops = feeder.get()
        corner, what = losses(net(to_input(crops.crops)), crops)
        optimizer.zero_grad()
        (20 * corner + what).backward()
        nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        optimizer.step()
        average.update()
        sums += [float(corner), float(what)]
        over = time.monotonic() - begun > args.minutes * 60 or step == args.steps
        if step % 100 == 0:
            log.info("step %d corner %.4f what %.3f, %.0f s", step, *(sums / 100), time.monotonic() - begun)
            sums[:] = 0
        if step % 100 == 0 or over:
            write_checkpoint(net, optimizer, average.weights, step, last)
        if check and (step % args.measure_every == 0 or over):
            log.info("step %d: %s", step, measure(average.net(), check))
        if over:
            break
    feeder.close()


def arguments() -> argparse.Namespace:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenes", type=Path, required=True)
    parser.add_argument("--check", type=Path, help="folder of scenes that are not trained on")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=8000)
    parser.add_argument("--minutes", type=float, default=10_000)
    parser.add_argument("--rate", type=float, default=2e-3)
    parser.add_argument("--measure-every", type=int, default=500)
    parser.add_argument("--real-share", type=float, default=0.0, help="of the cut-outs; the rest is rendered")
    parser.add_argument("--labelled", type=Path)
    parser.add_argument("--corners", type=Path, help="exact corners of the labelled plates, from real_corners")
    parser.add_argument("--fold", type=fold_list, default=(), help="folds kept aside, 0,1; none: train on all")
    parser.add_argument("--glyphs", type=Path)
    parser.add_argument("--detector", type=Path, help="checkpoint whose false finds become look-alikes")
    parser.add_argument("--warm", type=Path)
    parser.add_argument("--resume", action="store_true")
    return parser.parse_args()


def main() -> None:
    """Trains on one thread."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    args = arguments()
    args.out.mkdir(parents=True, exist_ok=True)
    train(args)


if __name__ == "__main__":
    main()
