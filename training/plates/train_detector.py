"""Trains the plate detector on cached scenes, and on real ones outside a fold where told so.

    python -m training.plates.train_detector --scenes CACHE --labelled DIR --seed 1 --out DIR [--resume] [--minutes N]
        [--real-share 0.4 --fold 0,1|none --warm FILE --glyphs DIR]

Writes OUT/last.pt every few minutes and measures on the labelled photos (of the fold left out, or all).
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

from training.plates.detector_data import Batch, Scenes, synthetic_batch
from training.plates.detector_net import PlateDetector, decode_corners
from training.plates.glyphs import Glyphs
from training.plates.loop import Average, Feeder, resume, set_rate, start_warm, to_input, write_checkpoint
from training.plates.real_scenes import Figures, Found, Labelled, figures, fold_list, read_labelled
from training.plates.real_views import RealViews
from vision.geometry import Quad, bounds
from vision.plate_map import drop_doubles, net_size, peaks

log = logging.getLogger(__name__)
Candidate = tuple[Quad, float]


def losses(out: Tensor, batch: Batch) -> tuple[Tensor, Tensor]:
    """Centre loss (focal, per plate) and corner loss (share of the plate's width)."""
    heat, weight = torch.from_numpy(batch.heat), torch.from_numpy(batch.weight)
    logit = out[:, 0].clamp(-12, 12)
    p = torch.sigmoid(logit)
    sure = heat > 0.999
    up = -nn.functional.logsigmoid(logit) * (1 - p) ** 2 * sure
    down = -nn.functional.logsigmoid(-logit) * p**2 * (1 - heat) ** 4 * ~sure * weight
    count = sure.sum().clamp(min=1)
    centre = (up.sum() + down.sum()) / count
    at, y, x = torch.nonzero(torch.from_numpy(batch.inside) > 0, as_tuple=True)
    if not len(at):
        return centre, out.sum() * 0
    found = decode_corners(out)[at, :, y, x].view(-1, 4, 2)
    wanted = torch.from_numpy(batch.corners)[at, :, y, x].view(-1, 4, 2)
    share = torch.from_numpy(batch.inside)[at, y, x]
    extent = (wanted.amax(1) - wanted.amin(1)).clamp(min=0.5)
    width = extent.amax(1)
    boxes = torch.from_numpy(batch.boxes_only)[at] > 0
    exact = ((found - wanted).abs() / width[:, None, None]).mean((1, 2))
    edges = ((found.amin(1) - wanted.amin(1)).abs() + (found.amax(1) - wanted.amax(1)).abs()).mean(1) / width / 2
    corner = torch.where(boxes, edges, exact)
    size = (torch.log(extent[:, 0]) - out[:, 1][at, y, x].clamp(-2, 5)).abs()
    return centre, (share * (corner * 6 + size * 0.3)).sum() / share.sum()


def candidates(net: PlateDetector, picture: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> list[Candidate]:
    """Corners in pixels of the picture and scores, best first."""
    h, w = net_size(*picture.shape[:2])
    small = cv2.resize(picture, (w, h), interpolation=cv2.INTER_AREA)
    with torch.no_grad():
        output = net(to_input(small[None].astype(np.uint8)))[0].numpy()
    quads, scores = peaks(output, 0.02, 40)
    quads *= np.array([picture.shape[1] / w, picture.shape[0] / h], np.float32)
    kept = drop_doubles(list(quads))
    return [(quads[i], float(scores[i])) for i in kept]


def measure(net: PlateDetector, photos: list[Labelled]) -> Figures:
    """Figures of a net in evaluation mode on labelled photos."""
    found: list[list[Found]] = [[(bounds(q), s) for q, s in candidates(net, p.picture)] for p in photos]
    return figures(found, [photo.truths for photo in photos])


def feeder_of(args: argparse.Namespace, photos: list[Labelled], rng: np.random.Generator) -> Feeder[Batch]:
    """Batches of rendered scenes, or of both where real ones have a share."""
    scenes = Scenes(args.scenes)
    if args.real_share <= 0:
        return Feeder(lambda: synthetic_batch(rng, scenes))
    real = RealViews([p for p in photos if p.fold not in args.fold], Glyphs(args.glyphs))

    def make() -> Batch:
        return real.batch(rng, scenes) if rng.random() < 2 * args.real_share else synthetic_batch(rng, scenes)

    return Feeder(make)


def train(args: argparse.Namespace) -> None:
    """The whole run."""
    torch.manual_seed(args.seed)
    net = PlateDetector().to(memory_format=torch.channels_last)
    if args.warm:
        start_warm(net, args.warm)
    average = Average(net)
    optimizer = torch.optim.AdamW(net.parameters(), lr=args.rate, weight_decay=1e-3)
    last = args.out / "last.pt"
    start = resume(net, optimizer, average, last) if args.resume else 0
    photos = read_labelled(args.labelled, args.corners) if args.labelled else []
    held = [p for p in photos if not args.fold or p.fold in args.fold]
    feeder = feeder_of(args, photos, np.random.default_rng([args.seed, 7, start]))
    begun, sums = time.monotonic(), np.zeros(2)
    for step in range(start + 1, args.steps + 1):
        set_rate(optimizer, args.rate, step, args.steps)
        batch = feeder.get()
        centre, corner = losses(net(to_input(batch.pictures)), batch)
        optimizer.zero_grad()
        (centre + corner).backward()
        nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        optimizer.step()
        average.update()
        sums += [float(centre), float(corner)]
        over = time.monotonic() - begun > args.minutes * 60 or step == args.steps
        if step % 50 == 0:
            log.info("step %d centre %.3f corner %.3f, %.0f s", step, *(sums / 50), time.monotonic() - begun)
            sums[:] = 0
        if step % 100 == 0 or over:
            write_checkpoint(net, optimizer, average.weights, step, last)
        if held and (step % args.measure_every == 0 or over):
            log.info("step %d: %s", step, measure(average.net(), held))
        if over:
            break
    feeder.close()


def arguments() -> argparse.Namespace:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenes", type=Path, required=True)
    parser.add_argument("--labelled", type=Path)
    parser.add_argument("--corners", type=Path, help="exact corners of the labelled plates, from real_corners")
    parser.add_argument("--glyphs", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=9000)
    parser.add_argument("--minutes", type=float, default=10_000)
    parser.add_argument("--rate", type=float, default=2.5e-3)
    parser.add_argument("--measure-every", type=int, default=400)
    parser.add_argument("--real-share", type=float, default=0.0, help="of the pictures; the rest is rendered")
    parser.add_argument("--fold", type=fold_list, default=(), help="folds kept aside, 0,1; none: train on all")
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
