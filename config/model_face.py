"""Settings of faces and of model files. Core: pure data, no I/O."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from config.base import Model, described


class Models(Model):
    """``[models]``: weights that are not in the wheel, fetched or imported with ``menwei models``."""

    dir: Path | None = described(
        "模型目录，省略则为数据目录下的 models", "folder of the models; data_dir/models when absent", default=None
    )
    mirror: str = described("下载镜像地址前缀", "prefix of a mirror to pull from", default="")


class Faces(Model):
    """``[faces]``: when a face is somebody. Face is never the only way in."""

    detector: str = described("人脸检测模型", "model that finds faces", default="yunet-n")
    embedder: str = described("人脸特征模型", "model that makes the templates", default="mobilefacenet-foamliu")
    liveness_models: tuple[str, ...] = described(
        "活体模型，可为空",
        "models against photos and screens; may be empty",
        default=("minifasnet-v2", "minifasnet-v1se"),
    )
    liveness: Literal["off", "report", "require"] = described(
        "活体：off 不查，report 仅记录，require 不像真人则不开门",
        "off: not looked at; report: recorded; require: what does not look alive opens nothing",
        default="require",
    )
    fpir: float = described(
        "陌生人被误认的目标比例，阈值随注册人数自动调整",
        "share of strangers taken for somebody; the threshold follows the number enrolled",
        default=0.003,
        gt=0,
        le=0.05,
    )
    margin: float = described("与第二名的最小差距", "least distance to the second best", default=0.04, ge=0, le=1)
    face_px_min: int = described("人脸最小宽度", "smallest face", default=48, ge=32, le=400)
    frames: int = described("需要几帧一致", "agreeing frames needed", default=3, ge=1, le=20)
    within_s: float = described("在多长时间内", "within this time", default=2.0, gt=0, le=20)
    gone_after_s: float = described(
        "多久看不到算离开", "a look ends when the face is unseen this long", default=2.0, gt=0
    )
    strangers_keep_h: float = described(
        "陌生人照片保留小时数", "hours that strangers' pictures are kept", default=72.0, gt=0, le=720
    )
    filing_limit: int = described(
        "需向网信部门备案的人数，接近时提醒",
        "number enrolled at which filing is due; warned of when near",
        default=100_000,
        ge=1,
    )
