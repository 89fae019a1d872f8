"""Shell: train the recogniser on rendered plates, and on real ones where they are given; repeats from a seed.

    python -m training.plates.train_reader --glyphs DIR --seed 1 --out DIR [--resume] [--minutes N]

The state is written to ``OUT/reader.pt`` every few minutes; ``--resume`` goes on from there.
"""

from __future__ import annotations

import argparse
import multiprocessing
import queue
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from training.plates.glyphs import Glyphs
from training.plates.reader_check import Labelled, load_plates, rates
from training.plates.reader_data import Batch, draw_batch, shown_again
from training.plates.reader_net import BLANK, Read, ReaderNet
from training.plates.reader_real import PARTS, RealPlates, fold_of, mix_real
from training.plates.real_scenes import fold_list
from vision.plate_text import ALPHABET

_EASY_STEPS = 300
_RAMP_STEPS = 600
_WARM_UP = 100
_SAVE_EVERY_S = 120
_EVAL_EVERY = 250
_KEPT = 40
_PROVINCE_WEIGHT = 6.0


@dataclass(frozen=True, slots=True)
class Options:
    """What a run depends on."""

    glyphs: Path
    seed: int
    batch: int
    steps: int
    rate: float
    width: int
    real: Path | None
    folds: tuple[int, ...]
    real_corners: Path | None
    real_share: float
    real_parts: tuple[str, ...]
    easy: bool
    """Whether the run begins with easy pictures; not where it goes on from trained weights."""


def ceiling_at(step: int) -> float:
    """How hard the pictures of a step may be: easy ones first, or the CTC head never leaves its plateau."""
    return float(np.clip(0.3 + 0.7 * (step - _EASY_STEPS) / _RAMP_STEPS, 0.3, 1.0))


def rate_at(step: int, steps: int, rate: float) -> float:
    """Warm-up, then a cosine down to a hundredth."""
    if step < _WARM_UP:
        return rate * (step + 1) / _WARM_UP
    return rate * (0.01 + 0.99 * (0.5 + 0.5 * float(np.cos(np.pi * min(1.0, step / steps)))))


def loss_of(read: Read, batch: Batch) -> Tensor:
    """CTC over the steps, cross entropy over the places, the province six times, and the heads."""
    texts = torch.from_numpy(batch.texts)
    lengths = (texts != BLANK).sum(dim=1)
    steps = read.steps.log_softmax(dim=2).transpose(0, 1)
    given = torch.full((len(texts),), steps.shape[0])
    ctc = functional.ctc_loss(steps, texts, given, lengths, blank=BLANK, zero_infinity=True, reduction="none")
    places = functional.cross_entropy(
        read.places.flatten(0, 1), texts.flatten(), reduction="none", label_smoothing=0.02
    ).view(texts.shape)
    weight = torch.ones(texts.shape[1])
    weight[0] = _PROVINCE_WEIGHT
    kind = functional.cross_entropy(read.kind, torch.from_numpy(batch.kind), label_smoothing=0.02, ignore_index=-1)
    color = functional.cross_entropy(read.color, torch.from_numpy(batch.color), ignore_index=-1)
    rows = functional.cross_entropy(read.rows, torch.from_numpy(batch.rows))
    return ctc.mean() / 8 + 0.5 * (places * weight).mean() + 0.1 * (kind + color + rows)


def texts_of(steps: Tensor) -> list[str]:
    """The most likely class of every step with repeats and blanks dropped."""
    best = steps.argmax(dim=2)
    texts = []
    for row in best.tolist():
        kept = [c for i, c in enumerate(row) if c != BLANK and (i == 0 or row[i - 1] != c)]
        texts.append("".join(ALPHABET[c - 1] for c in kept))
    return texts


def _render(options: Options, first: int, out: multiprocessing.Queue[Batch]) -> None:
    """The renderer's process: batches in order, each from the seed and its number; two of three seen before."""
    cv2.setNumThreads(1)
    glyphs = Glyphs(options.glyphs)
    real = None
    if options.real:
        real = RealPlates.load(options.real, options.folds, options.real_parts, options.real_corners)
    # Drawing costs nearly as much as learning, and a plate teaches more than once.
    kept: deque[Batch] = deque(maxlen=_KEPT)
    for step in range(first, options.steps):
        rng = np.random.default_rng([options.seed, step, 1])
        ceiling = ceiling_at(step) if options.easy else 1.0
        if step % 3 and len(kept) == _KEPT:
            batch = shown_again(rng, kept[int(rng.integers(_KEPT))])
        else:
            batch = draw_batch(options.seed, step, glyphs, options.batch, ceiling)
            kept.append(batch)
        if real and (step > _EASY_STEPS or not options.easy):
            batch = mix_real(rng, batch, real, options.real_share)
        if not _put(out, batch):
            return


def _put(out: multiprocessing.Queue[Batch], batch: Batch) -> bool:
    """Whether the batch went out before the trainer ended."""
    trainer = multiprocessing.parent_process()
    while trainer is not None and trainer.is_alive():
        try:
            out.put(batch, timeout=5)
            return True
        except queue.Full:
            continue
    out.cancel_join_thread()
    return False


def batches(options: Options, first: int) -> Iterator[Batch]:
    """Batches from step ``first`` on, drawn in a process of their own."""
    context = multiprocessing.get_context("spawn")
    waiting: multiprocessing.Queue[Batch] = context.Queue(maxsize=6)
    worker = context.Process(target=_render, args=(options, first, waiting), daemon=True)
    worker.start()
    try:
        for _ in range(first, options.steps):
            yield _next(waiting, worker)
    finally:
        worker.terminate()


def _next(waiting: multiprocessing.Queue[Batch], worker: Any) -> Batch:
    while True:
        try:
            return waiting.get(timeout=5)
        except queue.Empty:
            if not worker.is_alive():
                raise RuntimeError("the renderer ended; its trace stands above") from None


class Averaged:
    """The moving average of the weights, which reads better than the weights themselves."""

    def __init__(self, net: ReaderNet, decay: float = 0.998) -> None:
        self.net = ReaderNet(net.width)
        self.net.load_state_dict(net.state_dict())
        self.net.eval()
        self.decay = decay

    def take(self, net: nn.Module, step: int) -> None:
        """One step closer to the weights."""
        keep = min(self.decay, (1 + step) / (10 + step))
        mine = self.net.state_dict()
        for name, value in net.state_dict().items():
            if value.dtype.is_floating_point:
                mine[name].lerp_(value, 1 - keep)
            else:
                mine[name].copy_(value)


def read_all(net: ReaderNet, plates: list[Labelled]) -> list[str]:
    """What a net reads on real plates."""
    with torch.inference_mode():
        strips = torch.from_numpy(np.stack([p.strip for p in plates]))
        return [text for part in strips.split(128) for text in texts_of(net(part).steps)]


def _report(net: ReaderNet, sets: dict[str, list[Labelled]]) -> str:
    parts = []
    for name, plates in sets.items():
        exact, tail, first = rates([p.text for p in plates], read_all(net, plates))
        parts.append(f"{name} exact {exact:.3f} tail {tail:.3f} province {first:.3f}")
    return " | ".join(parts)


def train(options: Options, out: Path, check: dict[str, list[Labelled]], minutes: float, warm: Path | None) -> None:
    """Train until the steps or the minutes are over; go on from ``warm`` (step and all if it is the run's own)."""
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    net = ReaderNet(options.width)
    optimiser = torch.optim.AdamW(net.parameters(), options.rate, weight_decay=0.02)
    average, step = Averaged(net), 0
    if warm is not None:
        saved = torch.load(warm, weights_only=True)
        net.load_state_dict(saved["net"])
        average.net.load_state_dict(saved["average"])
        if warm.parent == out:
            optimiser.load_state_dict(saved["optimiser"])
            step = saved["step"]
    began = saved_at = time.monotonic()
    total, seen = 0.0, 0
    for batch in batches(options, step):
        for group in optimiser.param_groups:
            group["lr"] = rate_at(step, options.steps, options.rate)
        loss = loss_of(net.train()(torch.from_numpy(batch.strips)), batch)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        optimiser.step()
        average.take(net, step)
        step, total, seen = step + 1, total + float(loss.detach()), seen + 1
        if step % _EVAL_EVERY == 0 or step == options.steps:
            minute = (time.monotonic() - began) / 60
            print(f"step {step} min {minute:.1f} loss {total / seen:.4f} | {_report(average.net, check)}", flush=True)
            total, seen = 0.0, 0
        over = time.monotonic() - began > minutes * 60 or step == options.steps
        if over or time.monotonic() - saved_at > _SAVE_EVERY_S:
            saved_at = time.monotonic()
            state = {"net": net.state_dict(), "average": average.net.state_dict(), "width": options.width}
            part = out / "reader.pt.part"
            torch.save(state | {"optimiser": optimiser.state_dict(), "step": step}, part)
            part.replace(out / "reader.pt")
        if over:
            return


def main() -> None:
    """Read the command line and train."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--glyphs", type=Path, required=True, help="folder of glyph images (140_A.jpg, ...)")
    parser.add_argument("--out", type=Path, required=True, help="folder of the state; outside the repository")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=20000, help="length of the learning rate's cosine")
    parser.add_argument("--minutes", type=float, default=1e9, help="stop earlier than that")
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--rate", type=float, default=2.5e-3)
    parser.add_argument("--width", type=int, default=160, help="channels of the net")
    parser.add_argument("--check", type=Path, help="folder with labels.csv, read every few hundred steps")
    parser.add_argument("--corners", type=Path, help="JSON of better corners for the check, by file#text")
    parser.add_argument("--real", type=Path, help="folder with labels.csv whose plates are trained on too")
    parser.add_argument("--real-share", type=float, default=0.12, help="part of a batch that is real")
    parser.add_argument("--real-parts", default=" ".join(PARTS), help="which of them: scenes, crops or both")
    parser.add_argument("--fold", type=fold_list, default=(), help="folds kept aside, 0,1; none: train on all")
    parser.add_argument("--real-corners", type=Path, help="exact corners of the real plates, from real_corners")
    parser.add_argument("--resume", action="store_true", help="go on from OUT/reader.pt")
    parser.add_argument("--from", dest="warm", type=Path, help="begin with the weights of this state")
    a = parser.parse_args()
    a.out.mkdir(parents=True, exist_ok=True)
    check: dict[str, list[Labelled]] = {}
    if a.check:
        for part in PARTS:
            plates = load_plates(a.check, part, a.corners if part == "scenes" else None)
            seen = a.real and a.fold and part in a.real_parts
            check[part] = [p for p in plates if not seen or fold_of(p.file) in a.fold]
    state = a.out / "reader.pt"
    warm = state if a.resume and state.exists() else a.warm
    easy = a.warm is None
    parts = tuple(a.real_parts.split())
    options = Options(
        a.glyphs, a.seed, a.batch, a.steps, a.rate, a.width, a.real, a.fold, a.real_corners, a.real_share, parts, easy
    )
    train(options, a.out, check, a.minutes, warm)


if __name__ == "__main__":
    main()
