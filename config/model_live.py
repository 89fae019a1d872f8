"""Settings of the live pictures on the guards' page. Core: pure data, no I/O."""

from __future__ import annotations

from config.base import Model, described


class Live(Model):
    """``[live]``: what is made of the cameras while somebody watches. Nobody watches: nothing is made."""

    fps_max: float = described("每路每秒最多画面数", "pictures per second and camera at most", default=5.0, gt=0, le=15)
    width_px: int = described("画面宽度", "width of a picture", default=640, ge=160, le=1920)
    quality: int = described("JPEG 质量", "JPEG quality", default=70, ge=30, le=95)
    encode_share: float = described(
        "压缩画面最多占用一个核的比例，识别优先",
        "share of one core that making them may take; detection comes first",
        default=0.25,
        gt=0,
        le=1,
    )
    viewers_max: int = described("同时观看的页面上限", "pages that may watch at a time", default=8, ge=1, le=64)
