"""A sheet with the worst cases of a plate reader: the plate enlarged, the truth, and what was read."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from benchmarks.plate_score import BoxF, Label, Read, Seen
from vision import geometry
from vision.picture_file import load_picture
from vision.plate_reader import BadImage, Image
from vision.plate_text import edit_distance
from vision.sim.glyphs import glyph_mask

TILE = (300, 150)
_COLUMNS, _TILES_MAX = 4, 40
_GLYPH = (15, 26)


def draw_worst(labels: dict[str, list[Label]], seen: dict[str, Seen], folder: Path) -> Image:
    """Plates that were read wrong or not, then reads where no plate stands; HxWx3 BGR."""
    tiles = []
    for file, name, box, truth, read in _cases(labels, seen)[:_TILES_MAX]:
        try:
            picture, _ = load_picture(folder / file, max_file_bytes=2**28)
        except (BadImage, OSError):
            picture = np.zeros((TILE[1], TILE[0], 3), np.uint8)
        tiles.append(_tile(_around(picture, box), truth, read, name))
    empty = np.zeros((TILE[1], TILE[0], 3), np.uint8)
    tiles += [empty] * (-len(tiles) % _COLUMNS or (_COLUMNS if not tiles else 0))
    rows = [np.hstack(tiles[at : at + _COLUMNS]) for at in range(0, len(tiles), _COLUMNS)]
    return np.vstack(rows)


_Case = tuple[str, str, BoxF | None, str, str]


def _cases(labels: dict[str, list[Label]], seen: dict[str, Seen]) -> list[_Case]:
    """File, its short name, place, truth and read; confident errors first."""
    cases: list[tuple[float, _Case]] = []
    for file, truth in labels.items():
        reads, name = seen[file].reads, Path(file).stem[-10:]
        texts = {label.text for label in truth}
        cared_not = [label for label in truth if label.ignored]
        wrong = [r for r in reads if r.text not in texts and not any(_on(r, label) for label in cared_not)]
        for label in truth:
            if label.ignored or any(read.text == label.text for read in reads):
                continue
            near = [read for read in wrong if _on(read, label)]
            best = min(near, key=lambda r: edit_distance(r.text, label.text), default=None)
            rank = best.confidence if best else 0.0
            cases.append((rank, (file, name, label.box, label.text, best.text if best else "-")))
            wrong = [read for read in wrong if read is not best]
        cases += [(r.confidence, (file, name, r.box, "-", r.text)) for r in wrong]
    return [case for _, case in sorted(cases, key=lambda c: -c[0])]


def _on(read: Read, label: Label) -> bool:
    return read.box is None or label.box is None or geometry.iou(read.box, label.box) >= 0.1


def _around(picture: Image, box: BoxF | None) -> Image:
    """The place with as much again round it."""
    if box is None:
        return picture
    x1, y1, x2, y2 = box
    dx, dy = (x2 - x1) / 2, (y2 - y1) / 2
    left, top, right, bottom = geometry.clip((x1 - dx, y1 - dy, x2 + dx, y2 + dy), *picture.shape[:2])
    return picture[top:bottom, left:right]


def _tile(picture: Image, truth: str, read: str, name: str) -> Image:
    tile = np.full((TILE[1], TILE[0], 3), 32, np.uint8)
    room_w, room_h = TILE[0] - 8, TILE[1] - 2 * _GLYPH[1] - 26
    scale = min(room_w / picture.shape[1], room_h / picture.shape[0])
    size = max(1, int(picture.shape[1] * scale)), max(1, int(picture.shape[0] * scale))
    tile[4 : 4 + size[1], 4 : 4 + size[0]] = cv2.resize(picture, size, interpolation=cv2.INTER_CUBIC)
    _write(tile, truth, TILE[1] - 2 * _GLYPH[1] - 12, (120, 230, 120))
    _write(tile, read, TILE[1] - _GLYPH[1] - 6, (110, 110, 255))
    cv2.putText(tile, name, (190, TILE[1] - 10), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (200, 200, 200), 1, cv2.LINE_AA)
    return tile


def _write(tile: Image, text: str, y: int, color: tuple[int, int, int]) -> None:
    """OpenCV draws no Chinese; the demonstration's own plate characters do."""
    for index, character in enumerate(text):
        try:
            mask = glyph_mask(character, _GLYPH, 0.5, 1.0).astype(np.float32)[..., None] / 255
        except KeyError:
            continue
        x = 6 + index * (_GLYPH[0] + 4)
        patch = tile[y : y + _GLYPH[1], x : x + _GLYPH[0]]
        patch[:] = (patch * (1 - mask) + mask * np.array(color, np.float32)).astype(np.uint8)
