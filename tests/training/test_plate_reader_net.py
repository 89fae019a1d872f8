"""The recogniser's net and its losses; needs torch, which only training does."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="torch (dependency group training) is not installed")

from training.plates.glyphs import Glyphs  # noqa: E402
from training.plates.reader_data import draw_batch  # noqa: E402
from training.plates.reader_net import CLASSES, KINDS, PLACES, ReaderNet  # noqa: E402
from training.plates.train_reader import ceiling_at, loss_of, rate_at, texts_of  # noqa: E402
from vision.plate_text import ALPHABET  # noqa: E402


def test_outputs_have_the_documented_shapes() -> None:
    read = ReaderNet(32).eval()(torch.zeros(2, 40, 160, 3, dtype=torch.uint8))
    shapes = [tuple(part.shape) for part in read]
    assert shapes == [(2, 40, CLASSES), (2, PLACES, CLASSES), (2, len(KINDS)), (2, 5), (2, 2)]


def test_a_few_steps_lower_the_loss() -> None:
    torch.manual_seed(0)
    torch.set_num_threads(1)
    net, batch = ReaderNet(32), draw_batch(1, 0, Glyphs(None), 16, 0.3)
    optimiser = torch.optim.AdamW(net.parameters(), 3e-3)
    losses = []
    for _ in range(12):
        loss = loss_of(net(torch.from_numpy(batch.strips)), batch)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert np.mean(losses[-3:]) < 0.8 * losses[0]


def test_repeats_and_blanks_are_dropped() -> None:
    a, b = ALPHABET.index("A") + 1, ALPHABET.index("8") + 1
    steps = torch.nn.functional.one_hot(torch.tensor([[0, a, a, 0, b, b, 0, b]]), CLASSES).float()
    assert texts_of(steps) == ["A88"]


def test_pictures_get_harder_and_the_rate_falls() -> None:
    assert ceiling_at(0) == pytest.approx(0.3) and ceiling_at(5000) == 1.0
    assert rate_at(0, 1000, 1.0) == pytest.approx(0.01)
    assert rate_at(1000, 1000, 1.0) == pytest.approx(0.01)
    assert rate_at(150, 1000, 1.0) > rate_at(600, 1000, 1.0)


def test_an_exported_net_reads_as_the_net_does(tmp_path: Path) -> None:
    pytest.importorskip("onnx", reason="onnx (dependency group training) is not installed")
    onnxruntime = pytest.importorskip("onnxruntime")
    from training.plates.export_reader import Calibrated, export

    net = ReaderNet(32).eval()
    with warnings.catch_warnings(action="ignore"):
        export(net, tmp_path / "r.onnx", 1.2, 0.9)
    strips = draw_batch(3, 0, Glyphs(None), 5, 1.0).strips
    session = onnxruntime.InferenceSession(str(tmp_path / "r.onnx"), providers=["CPUExecutionProvider"])
    with torch.inference_mode():
        wanted = Calibrated(net, 1.2, 0.9)(torch.from_numpy(strips))
    for got, want in zip(session.run(None, {"strips": strips}), wanted, strict=True):
        assert np.allclose(got, want.numpy(), atol=1e-4)
