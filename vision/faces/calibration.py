"""Shell: the measured likeness of different people, per embedder (``calibration.toml``). Without numpy, for the hub.

A site with an embedder of its own puts a ``calibration.toml`` of the same form into the models' folder; it is written
by ``training/face_threshold.py``.
"""

from __future__ import annotations

import tomllib
from importlib import resources
from pathlib import Path
from typing import Any

from vision.errors import VisionError
from vision.faces.threshold import Calibration

FILE = "calibration.toml"
_BYTES_MAX = 64 * 1024


class CalibrationError(VisionError):
    """No threshold can be had for an embedder; says why and what to do, in Chinese and English."""

    def __init__(self, zh: str, en: str) -> None:
        self.zh = zh
        self.en = en
        super().__init__(f"{zh} / {en}")


def load_calibration(embedder: str, models_dir: Path | None = None) -> Calibration:
    """The calibration that we ship, or the one in the models' folder. Raises `CalibrationError`."""
    shipped = resources.files("vision.faces").joinpath(FILE).read_text(encoding="utf-8")
    found = _of(shipped, embedder, FILE)
    if found is None and models_dir is not None:
        found = _of(_own(models_dir / FILE), embedder, str(models_dir / FILE))
    if found is None:
        where = models_dir / FILE if models_dir is not None else FILE
        raise CalibrationError(
            f"人脸特征模型 {embedder} 没有阈值标定；请用 training/face_threshold.py 测出并放到 {where}",
            f"no threshold was measured for the embedder {embedder}; "
            f"measure it with training/face_threshold.py and put it into {where}",
        )
    return found


def _own(path: Path) -> str:
    try:
        with path.open("rb") as own:
            raw = own.read(_BYTES_MAX + 1)
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except OSError as error:
        raise CalibrationError(
            f"无法读取 {path}：{error.strerror}", f"{path} cannot be read: {error.strerror}"
        ) from error
    return raw.decode("utf-8", "replace") if len(raw) <= _BYTES_MAX else "too long"


def _of(text: str, embedder: str, where: str) -> Calibration | None:
    try:
        entry: Any = tomllib.loads(text).get("embedders", {}).get(embedder)
        return None if entry is None else _built(embedder, entry)
    except (tomllib.TOMLDecodeError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise CalibrationError(
            f"{where} 写错了（{embedder}）：{error}", f"{where} is wrong ({embedder}): {error}"
        ) from error


def _built(embedder: str, entry: dict[str, Any]) -> Calibration:
    return Calibration(
        embedder=embedder,
        scores=tuple(float(score) for score in entry["scores"]),
        shares=tuple(float(share) for share in entry["shares"]),
        scale=float(entry["scale"]),
        shape=float(entry["shape"]),
        reserve=float(entry["reserve"]),
        measured_on=str(entry["measured_on"]),
    )
