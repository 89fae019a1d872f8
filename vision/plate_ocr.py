"""Shell: a plate reader on the text finder and text reader of RapidOCR (PP-OCRv6, Apache-2.0).

Only the two networks inside the rapidocr wheel are used, through ONNX Runtime: nothing of the package is
imported, so nothing logs, downloads or reads a configuration. Text lines are found in a reduced picture, cut
out of the full one, and read by `plate_ctc`, which knows the grammar.
"""

from __future__ import annotations

import importlib.util
from collections import defaultdict
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from vision import geometry
from vision.geometry import Quad
from vision.plate_color import is_grey, plate_color
from vision.plate_ctc import Charset, Decoded, decode
from vision.plate_lines import Line, candidates, head_strip, inside, lines_of, long_strip, planes, plate_strip
from vision.plate_reader import Image, PlateRead, ReaderUnavailable, check_image
from vision.plate_text import KINDS, PROVINCES, kind_of, spans

FINDER = "PP-OCRv6_det_small.onnx"
READER = "PP-OCRv6_rec_small.onnx"

_MARGINS = ((0.02, 0.03), (0.05, 0.10), (0.00, -0.06), (0.08, 0.02))
"""Left-right and top-bottom margins round a found line; the later ones only where the first read is weak."""
_CLEAR = 0.85
_HALF = 0.5
_CUT_OUT_PX = 400
"""A picture up to this width in the shape of a plate may be one, as cameras send them."""
_PLAIN_FLOOR = 0.8
"""Weakest read of a kind without hanzi (military, some armed police): any lettering may look like one."""
_MISFIT = 0.5
"""Factor on the confidence of a text whose kind does not come in the colour that the plate seems to have."""


def models_folder() -> Path:
    """Where the rapidocr wheel keeps its networks; raises `ReaderUnavailable` without it."""
    spec = importlib.util.find_spec("rapidocr")
    folder = Path(spec.origin).parent / "models" if spec and spec.origin else None
    if folder is None or not all((folder / name).is_file() for name in (FINDER, READER)):
        raise ReaderUnavailable(
            "车牌识别组件未安装或缺少模型，请执行：pip install 'menwei[ocr]'",
            "the plate reader is not installed or lacks its models; run: pip install 'menwei[ocr]'",
        )
    return folder


class OcrPlateReader:
    """Reads plates by general text recognition; not for two threads at once."""

    def __init__(self, *, threads: int = 1, side_px: int = 960, floor: float = 0.05) -> None:
        """`side_px`: longer side of the picture in which lines are found; `floor`: weaker reads are dropped.

        Raises `ReaderUnavailable` if the `ocr` extra is not installed.
        """
        folder = models_folder()
        self._finder = _Network(folder / FINDER, threads)
        self._reader = _Network(folder / READER, threads)
        self._charset = Charset(["", *self._reader.characters(), " "])
        self._side_px = side_px
        self._floor = floor

    def read(self, image: Image) -> list[PlateRead]:
        """The plates in a BGR picture, best first; empty where there is none. Raises `BadImage`."""
        check_image(image)
        height, width = image.shape[:2]
        grey = is_grey(image)
        reads: list[PlateRead] = []
        for line in candidates(self._find_lines(image)):
            box = line.box(height, width)
            if any(geometry.covered(box, r.box) > 0.6 and r.confidence > 0.5 for r in reads):
                continue
            for place in self._places(image, line):
                read = self._read_line(image, place, grey)
                if read is not None and read.confidence >= (self._floor if read.kind.has_hanzi else _PLAIN_FLOOR):
                    reads.append(read)
        return _without_overlaps(reads)

    def _find_lines(self, image: Image) -> list[Quad]:
        height, width = image.shape[:2]
        scale = min(self._side_px / max(height, width), 2.0)
        columns, rows = (max(32, round(side * scale / 32) * 32) for side in (width, height))
        heat = self._finder.run(np.asarray(cv2.resize(image, (columns, rows)), np.uint8))[0]
        lines = lines_of(heat, width / columns, height / rows)
        if width <= _CUT_OUT_PX and 1.6 * height <= width <= 6 * height:
            lines.append(geometry.quad_of((0, 0, width, height)))
        return lines

    def _places(self, image: Image, line: Line) -> list[Line]:
        """The line itself; where it is too long for one plate, the plates between the breaks of its text."""
        quad = line.quads[0]
        width, height = geometry.size(quad)
        if len(line.quads) > 1 or width < 6 * height:
            return [line]
        output = self._reader.run(long_strip(image, quad))
        plain = self._charset.plain(output)
        step = 1 / len(output)
        places = []
        for start, end in spans("".join(character for character, _ in plain)):
            left, right = plain[start][1] * step, (plain[end - 1][1] + 1) * step
            edge = 0.4 * (right - left) / (end - start)
            places.append(Line((geometry.part(quad, left - edge, 0, right + edge, 1),)))
        return places

    def _read_line(self, image: Image, line: Line, grey: bool) -> PlateRead | None:
        """The plate on which the most credible of a few cuts agree, or None."""
        color = plate_color(inside(image, line), grey_picture=grey)
        rows = len(line.quads)
        kinds = [k for k in KINDS if rows in k.rows and (k.has_hanzi or k.allows_color(color))]
        found: list[Decoded | None] = []
        outputs = []
        for margin in _MARGINS:
            outputs.append(self._reader.run(plate_strip(image, line, margin)))
            decoded = decode(outputs[-1], self._charset, kinds)
            found.append(decoded)
            if decoded is None or decoded.confidence > _CLEAR or _hopeless(decoded):
                break
        agreed = _agree(found)
        if agreed is None:
            return None
        if rows == 1 and _lacks_province(agreed):
            agreed = self._with_province(image, line.quads[0], agreed, outputs)
        factor = 1.0 if agreed.kind.allows_color(color) else _MISFIT
        confidences = tuple(round(factor * c, 4) for c in agreed.char_confidences)
        return PlateRead(
            text=agreed.text,
            confidence=min(confidences),
            char_confidences=confidences,
            box=line.box(*image.shape[:2]),
            color=color,
            rows=rows,
            kind=agreed.kind,
        )

    def _with_province(self, image: Image, quad: Quad, decoded: Decoded, outputs: list[NDArray[np.float32]]) -> Decoded:
        """The plate with the province on which the whole line and its enlarged head agree, if they do.

        The reader often spreads a blurred province over all of Chinese, while among the 31 provinces one stands
        out: at a share of 0.99 it was right in 16 of 16 labelled plates. It stays at half confidence: never sure.
        """
        heads = [self._reader.run(head_strip(image, quad, margin)) for margin in _MARGINS[:3]]
        whole = self._charset.shares(outputs[:3], PROVINCES)
        head = self._charset.shares(heads, PROVINCES)
        both = whole * head / float((whole * head).sum())
        best = int(both.argmax())
        text = PROVINCES[best] + decoded.text[1:]
        kind = kind_of(text)
        if kind is None or both[best] < 0.99 or whole.argmax() != best or head.argmax() != best:
            return decoded
        return Decoded(text, kind, (_HALF * float(both[best]), *decoded.char_confidences[1:]))


def _lacks_province(decoded: Decoded) -> bool:
    """Whether only the province is weak, which is the smallest and the most intricate glyph."""
    province, *rest = decoded.char_confidences
    return decoded.text[0] in PROVINCES and province < _HALF <= min(rest) + 0.1


def _hopeless(decoded: Decoded) -> bool:
    """Whether more than two characters are so weak that another cut will not help: no plate."""
    return sorted(decoded.char_confidences)[2] < 0.3


def _agree(found: list[Decoded | None]) -> Decoded | None:
    """The text with the most confidence over all cuts; cuts that read another one count against it."""
    votes: dict[str, list[Decoded]] = defaultdict(list)
    for decoded in found:
        if decoded is not None:
            votes[decoded.text].append(decoded)
    if not votes:
        return None
    best = max(votes.values(), key=lambda same: sum(d.confidence for d in same))
    sums = np.sum([d.char_confidences for d in best], axis=0)
    return Decoded(best[0].text, best[0].kind, tuple(float(s) / len(found) for s in sums))


def _without_overlaps(reads: list[PlateRead]) -> list[PlateRead]:
    """Best first, without weaker reads of the same place."""
    kept: list[PlateRead] = []
    for read in sorted(reads, key=lambda r: -r.confidence):
        if all(max(geometry.covered(read.box, k.box), geometry.covered(k.box, read.box)) < 0.3 for k in kept):
            kept.append(read)
    return kept


class _Network:
    """One ONNX model that takes one picture."""

    def __init__(self, path: Path, threads: int) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # Waiting threads that spin take the cores from capture and from the gate.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self._input = self._session.get_inputs()[0].name

    def run(self, picture: Image) -> NDArray[np.float32]:
        """The first output for an HxWx3 BGR picture, without its batch axis."""
        output: NDArray[np.float32] = self._session.run(None, {self._input: planes(picture)})[0][0]
        return output

    def characters(self) -> list[str]:
        """The characters that a reader's classes stand for, as kept in the model file."""
        lines: str = self._session.get_modelmeta().custom_metadata_map["character"]
        return lines.splitlines()
