"""Things that look like plates and are none: lettering, badges, signs, stickers, blank and half plates, time stamps."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from vision.plate_text import PROVINCES
from vision.sim.glyphs import glyph_mask

Rng = np.random.Generator
Canvas = NDArray[np.float32]
HAN_CHARS = "".join(PROVINCES) + "学警港澳挂使领试航"
LATIN = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
DIGITS = "0123456789"
_WORDS = (
    "TOYOTA", "HONDA", "NISSAN", "FOTON", "DONGFENG", "CHANGAN", "JETTA", "PASSAT", "CAMRY", "TIGUAN", "BYD", "FORD",
    "TAXI", "POLICE", "BUS", "SALE", "PARKING", "EXIT", "ENTRANCE", "STOP", "4S", "VTEC", "TURBO", "AUTO", "2.0T",
    "1.8L", "XDRIVE", "HYBRID",
)  # fmt: skip
_FONTS = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_TRIPLEX, cv2.FONT_HERSHEY_PLAIN,
          cv2.FONT_HERSHEY_COMPLEX)  # fmt: skip


def _word(rng: Rng) -> str:
    draw = rng.random()
    if draw < 0.4:
        return str(rng.choice(_WORDS))
    if draw < 0.7:
        return "".join(rng.choice(list(LATIN), int(rng.integers(2, 11))))
    return "".join(rng.choice(list(DIGITS + "-:"), int(rng.integers(3, 13))))


def lettering(rng: Rng, canvas: Canvas, centre: tuple[float, float], width_px: float) -> None:
    """Chrome or painted words straight on a body, about as wide as said."""
    word, font = _word(rng), int(rng.choice(_FONTS))
    (w, h), _ = cv2.getTextSize(word, font, 1.0, 2)
    scale = width_px / max(w, 1)
    thickness = max(1, round(scale * rng.uniform(1.5, 4)))
    at = (int(centre[0] - width_px / 2), int(centre[1] + h * scale / 2))
    tone = (float(rng.uniform(120, 250)),) * 3 if rng.random() < 0.6 else tuple(rng.uniform(0, 255, 3).tolist())
    mask = np.zeros(canvas.shape[:2], np.uint8)
    cv2.putText(mask, word, at, font, scale, 255, thickness, cv2.LINE_AA)
    x, y, w, h = cv2.boundingRect(mask)
    under, share = canvas[y : y + h, x : x + w], mask[y : y + h, x : x + w, None].astype(np.float32) / 255
    under += (np.array(tone, np.float32) - under) * share


def _text_line(rng: Rng, text: str, height_px: int) -> NDArray[np.float32]:
    """A mask of characters side by side, 0 to 1."""
    cells, space = [], int(rng.uniform(0.02, 0.3) * height_px)
    ratio = rng.uniform(0.45, 1.0)
    for char in text:
        if char in HAN_CHARS or char in LATIN or char in DIGITS:
            size = (max(4, int(height_px * (ratio if char not in HAN_CHARS else max(ratio, 0.6)))), height_px)
            cells.append(glyph_mask(char, size, height_px / 90, float(rng.choice([0.7, 1.0, 1.4]))).astype(np.float32))
        cells.append(np.zeros((height_px, space + 1), np.float32))
    return np.asarray(np.hstack(cells) / 255, np.float32)


def _pair(rng: Rng) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Sheet and ink of a sign; half the time in the colours that plates have."""
    plain = ([158, 72, 14], [20, 178, 240], [112, 190, 70], [240, 240, 238], [30, 28, 28], [40, 40, 200], [60, 120, 30])
    sheet = np.array(plain[int(rng.integers(len(plain)))], np.float32) + rng.normal(0, 12, 3)
    if rng.random() < 0.4:
        sheet = rng.uniform(0, 255, 3)
    ink = np.full(3, 245.0 if sheet.mean() < 130 else 15.0) + rng.normal(0, 5, 3)
    if rng.random() < 0.2:
        ink = rng.uniform(0, 255, 3)
    return np.clip(sheet, 0, 255).astype(np.float32), np.clip(ink, 0, 255).astype(np.float32)


def sign(rng: Rng) -> Canvas:
    """A sign, banner or sticker with text that no plate has: too long, too short, several lines; H x W x 3."""
    sheet, ink = _pair(rng)
    lines = int(rng.choice([1, 1, 1, 2, 3]))
    height = 40
    rows = []
    for _ in range(lines):
        draw = rng.random()
        if draw < 0.35:
            text = "".join(rng.choice(list(HAN_CHARS), int(rng.choice([2, 3, 4, 5, 9, 10, 12]))))
        elif draw < 0.6:
            text = "".join(rng.choice(list(DIGITS), int(rng.choice([3, 4, 10, 11, 12]))))
        else:
            text = "".join(rng.choice(list(LATIN), int(rng.choice([2, 3, 4, 5, 9, 10, 12]))))
        rows.append(_text_line(rng, text, height))
    width = max(row.shape[1] for row in rows)
    pad_x, pad_y = int(rng.uniform(4, 60)), int(rng.uniform(4, 30))
    mask = np.zeros((lines * (height + 12) + 2 * pad_y, width + 2 * pad_x), np.float32)
    for i, row in enumerate(rows):
        y = pad_y + i * (height + 12)
        x = pad_x + (width - row.shape[1]) // 2
        mask[y : y + height, x : x + row.shape[1]] = row
    out: Canvas = sheet + (ink - sheet) * mask[..., None]
    if rng.random() < 0.3:
        cv2.rectangle(out, (3, 3), (out.shape[1] - 4, out.shape[0] - 4), ink.tolist(), int(rng.integers(1, 5)))
    return out


def blank(rng: Rng) -> Canvas:
    """A sheet in a plate's shape without characters, or with stripes or a lamp's facets in their place."""
    sheet, ink = _pair(rng)
    out = np.repeat(np.repeat(sheet[None, None], 70, 0), int(rng.uniform(90, 330)), 1).copy()
    draw = rng.random()
    if draw < 0.5:
        step = int(rng.uniform(5, 30))
        for x in range(0, out.shape[1], step):
            cv2.line(out, (x, 0), (x + int(rng.normal(0, 5)), 70), ink.tolist(), max(1, step // 4))
    elif draw < 0.7:
        for _ in range(int(rng.integers(1, 9))):
            at = rng.uniform(0, [out.shape[1], 70]).astype(int)
            cv2.circle(out, at.tolist(), int(rng.uniform(3, 30)), rng.uniform(0, 255, 3).tolist(), -1, cv2.LINE_AA)
    elif draw < 0.8:
        cv2.rectangle(out, (6, 6), (out.shape[1] - 7, 63), ink.tolist(), 3)
    return out


def half_plate(rng: Rng, plate: NDArray[np.uint8]) -> Canvas:
    """A plate of which 25 to 60 % is missing at one end (behind a post, cut by a bumper)."""
    width = plate.shape[1]
    keep = int(width * rng.uniform(0.4, 0.75))
    part = plate[:, :keep] if rng.random() < 0.5 else plate[:, width - keep :]
    return part.astype(np.float32)


def _stamp_text(rng: Rng) -> str:
    date = rng.integers([2009, 1, 1, 0, 0, 0], [2031, 13, 29, 24, 60, 60])
    forms = (
        "{0}-{1:02}-{2:02}",
        "{0}/{1:02}/{2:02}",
        "{3:02}:{4:02}:{5:02}",
        "{1:02}/{2:02}/{0}",
        "CAM{1:02}",
        "CH{1:02}",
    )
    draw = rng.random()
    if draw < 0.45:
        return str(rng.choice(forms)).format(*date)
    if draw < 0.6:
        return f"{rng.integers(10**4):04}/{rng.integers(10**5):05}"
    return _word(rng)


def burn(rng: Rng, picture: NDArray[np.uint8], text: str | None = None) -> NDArray[np.float32]:
    """Burns one word of a camera's overlay into the picture, in place; returns the corners of its box."""
    height, width = picture.shape[:2]
    text, font = text or _stamp_text(rng), int(rng.choice(_FONTS))
    wide = float(np.exp(rng.uniform(np.log(25), np.log(max(30.0, 0.45 * width)))))
    (w, h), _ = cv2.getTextSize(text, font, 1.0, 2)
    scale = wide / max(w, 1)
    tall = h * scale
    x, y = rng.uniform(-0.05, 0.9) * width, rng.uniform(0.02, 0.98) * height
    thick = max(1, round(scale * rng.uniform(1, 3.5)))
    tone = [(245, 245, 245), (20, 20, 20), (30, 220, 240), (40, 40, 230)][int(rng.choice(4, p=(0.6, 0.15, 0.15, 0.1)))]
    at = (round(x), round(y + tall))
    draw = rng.random()
    if draw < 0.4:
        cv2.putText(picture, text, at, font, scale, (10, 10, 10), thick + 2, cv2.LINE_AA)
    elif draw < 0.6:
        sheet, ink = _pair(rng)
        grow = rng.uniform(0.1, 0.6) * tall
        corner, far = (round(x - grow), round(y - grow)), (round(x + wide + grow), round(y + tall + grow))
        cv2.rectangle(picture, corner, far, sheet.tolist(), -1)
        tone = (int(ink[0]), int(ink[1]), int(ink[2]))
    cv2.putText(picture, text, at, font, scale, tone, thick, cv2.LINE_AA)
    pad = 0.15 * tall
    x1, y1, x2, y2 = x - pad, y - pad, x + wide + pad, y + tall + pad
    return np.array([[x1, y1], [x2, y1], [x2, y2], [x1, y2]], np.float32)


def stamp(rng: Rng, picture: NDArray[np.uint8]) -> None:
    """One to three words of a camera's overlay, in place."""
    for _ in range(int(rng.integers(1, 4))):
        burn(rng, picture)
