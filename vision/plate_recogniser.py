"""Shell: reads a plate at known corners with Menwei's own weights, through ONNX Runtime.

How the weights came about, and what they can do: ``training/plates/MODEL_CARD.md``.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vision.plate_decode import Heads, Labels, StripRead, read_of, sureness
from vision.plate_reader import Image, ReaderUnavailable
from vision.plate_strip import Corners, cut_strip, slide
from vision.plate_text import KINDS

WEIGHTS = "plate_reader.onnx"

Look = tuple[tuple[float, float], float]

_FIRST: Look = ((0.02, 0.04), 0.0)
_MORE: tuple[Look, ...] = (((0.06, 0.16), 0.05), ((0.06, 0.16), -0.05))
"""Margins and slant of the cuts: one to see whether there is a plate, then two wider ones that lean.

One cut may be wrong with 0.99; three that err in different ways hardly agree on the same error.
"""
_WAVERING = ("armed_police", "armed_police_old")
_HALF = 0.5
_MAX_BATCH = 64

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class PlateRows:
    """A read and the rows that the plate has."""

    read: StripRead
    rows: int


@dataclass(frozen=True, slots=True)
class Glance:
    """What one cut of a plate says."""

    read: StripRead
    rows: int
    heads: Heads


class PlateRecogniser:
    """Characters, colour, kind and rows of rectified plates; not for two threads at once."""

    def __init__(self, weights: Path | None = None, *, threads: int = 1) -> None:
        """Load the weights, the package's own by default; raises `ReaderUnavailable` where they are missing."""
        if weights is not None:
            self._session = _session(weights, threads)
        else:
            with as_file(files("vision") / "weights" / WEIGHTS) as path:
                self._session = _session(path, threads)
        known: dict[str, str] = self._session.get_modelmeta().custom_metadata_map
        self._labels = Labels(known["alphabet"], tuple(known["kinds"].split()), tuple(known["colors"].split()))
        stacked = {kind.name for kind in KINDS if kind.upper_chars > 2 or "white" in kind.colors}
        self._doubted = {1: self._numbers(_WAVERING), 2: self._numbers(stacked)}

    def read_strips(self, strips: Image) -> list[StripRead]:
        """What stands on strips, (N, 40, 160, 3) uint8 BGR as `cut_strip` gives them; at most 64 at once."""
        return [read_of([heads], self._labels) for heads in self._run(strips)]

    def classes_of(self, text: str) -> tuple[int, ...]:
        """The class numbers of a text, for scores of `heads_at`; ``ValueError`` for a character that no plate has."""
        return tuple(self._labels.alphabet.index(char) + 1 for char in text)

    def heads_at(self, image: Image, corners: Corners, rows: int, margin: tuple[float, float]) -> Heads:
        """What one cut at four corners looks like, before anything is decided."""
        return self._run(np.stack([cut_strip(image, corners, rows, margin)]))[0]

    def read_at(self, image: Image, corners: Corners) -> PlateRows:
        """The plate at four corners (upper left, upper right, lower right, lower left; 4x2 float32).

        Where there is a plate, three cuts of it are read together.
        """
        return self.settle(image, corners, self.glance(image, corners))

    def glance(self, image: Image, corners: Corners) -> Glance:
        """What one cut at these corners says, and with how many rows it was cut."""
        rows, heads = 1, self._look(image, corners, 1, (_FIRST,))
        if heads[0].rows[1] > _HALF:
            rows, heads = 2, self._look(image, corners, 2, (_FIRST,))
        return Glance(read_of(heads, self._labels), rows, heads[0])

    def settle(self, image: Image, corners: Corners, glance: Glance) -> PlateRows:
        """What three cuts say together; the glance alone where there is no plate."""
        read = glance.read
        if read.plate >= _HALF:
            read = read_of([glance.heads, *self._look(image, corners, glance.rows, _MORE)], self._labels)
        return PlateRows(read, glance.rows)

    def read_best(
        self, image: Image, places: Sequence[Corners], glance: Glance, settled: PlateRows | None = None
    ) -> tuple[PlateRows, int]:
        """The plate at those of several corners where one cut is read surest, and which they are.

        At the first of them ``glance`` looked, and ``settled`` is what three cuts said there if that is known. At any
        three cuts are read together, so that chance does not make the read surer than it is.
        """
        rows, heads = glance.rows, [glance.heads]
        if len(places) > 1:
            strips = np.stack([cut_strip(image, corners, rows, _FIRST[0]) for corners in places[1:]])
            heads += self._believed(self._run(strips), rows)
        best = int(np.argmax([sureness(each, self._labels) for each in heads]))
        if best == 0 and settled is not None:
            return settled, best
        read = read_of([heads[best], *self._look(image, places[best], rows, _MORE)], self._labels)
        return PlateRows(read, rows), best

    def _look(self, image: Image, corners: Corners, rows: int, looks: tuple[Look, ...]) -> list[Heads]:
        strips = np.stack([cut_strip(image, slide(corners, slant), rows, m) for m, slant in looks])
        return self._believed(self._run(strips), rows)

    def _believed(self, heads: list[Heads], rows: int) -> list[Heads]:
        """The heads as far as they can be believed.

        The places are hard to tell on armed police plates, which have seven, eight or nine characters, and in two rows
        where a kind has more than two in the upper one or may look like one that has (white plates: two to four).
        There the places alone at most halve a confidence.
        """
        doubted = self._doubted[rows]
        return [
            replace(each, places=np.asarray((each.places + 1) / 2, np.float32))
            if int(each.kind.argmax()) in doubted
            else each
            for each in heads
        ]

    def _numbers(self, names: Collection[str]) -> frozenset[int]:
        """The class numbers of these kinds."""
        return frozenset(i for i, name in enumerate(self._labels.kinds) if name in names)

    def _run(self, strips: Image) -> list[Heads]:
        if strips.shape[1:] != (40, 160, 3) or strips.dtype != np.uint8 or not 0 < len(strips) <= _MAX_BATCH:
            raise ValueError(f"strips must be (1 to {_MAX_BATCH}, 40, 160, 3) uint8, not {strips.dtype} {strips.shape}")
        outputs: list[Floats] = self._session.run(["steps", "places", "kind", "color", "rows"], {"strips": strips})
        return [Heads(*parts) for parts in zip(*outputs, strict=True)]


def _session(weights: Path, threads: int) -> Any:
    import onnxruntime

    if not weights.is_file():
        raise ReaderUnavailable(
            f"车牌识别权重文件缺失：{weights.name}，请重新安装 menwei",
            f"the plate weights {weights.name} are missing; install menwei again",
        )
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    # Waiting threads that spin take the cores from capture and from the gate.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(weights), options, providers=["CPUExecutionProvider"])
