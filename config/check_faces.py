"""Cameras that codes and faces are shown to; face is never the only way in. Core: pure."""

from __future__ import annotations

from collections.abc import Iterator

from config.errors import Problem
from config.findings import Reporter
from config.model import Duty, Site

_SHOWN = {"qr-camera": (Duty.QR, "二维码", "codes"), "face": (Duty.FACES, "人脸", "faces")}


def check_shown(site: Site, report: Reporter) -> Iterator[Problem]:
    """A camera that reads codes or faces needs a reader that says what they open; one camera shows one place."""
    seen: dict[tuple[str, str], str] = {}
    for name, reader in site.readers.items():
        if reader.kind not in _SHOWN or reader.camera is None:
            continue
        duty, zh, en = _SHOWN[reader.kind]
        if reader.camera in site.cameras and duty not in site.cameras[reader.camera].duties:
            yield report.error(
                f"readers.{name}.camera",
                f"cameras.{reader.camera} 的 duties 中没有 {duty}，不会读{zh}",
                f"cameras.{reader.camera} has no duty {duty}, so it never reads {en}",
                found=reader.camera,
                remedy=(f'给该摄像机的 duties 加上 "{duty}"', f'add "{duty}" to duties of that camera'),
            )
        first = seen.setdefault((reader.kind, reader.camera), name)
        if first != name:
            yield report.error(
                f"readers.{name}.camera",
                f"readers.{first} 已用此摄像机；同一次出示会打开两处",
                f"readers.{first} uses this camera already; one showing would open two places",
                found=reader.camera,
                remedy=("每台摄像机只配一个读头", "give each camera one reader"),
            )
    if site.faces.liveness == "require" and not site.faces.liveness_models:
        yield report.error(
            "faces.liveness_models",
            "要求活体，但没有活体模型：谁的脸都打不开门",
            "liveness is required, but there is no model for it: no face would ever open",
            remedy=('写上活体模型，或 liveness = "report"', 'name a liveness model, or write liveness = "report"'),
        )
    yield from _unused(site, report, {camera for kind, camera in seen if kind == "qr-camera"})


def _unused(site: Site, report: Reporter, seen: set[str]) -> Iterator[Problem]:
    """A camera may watch faces for its own sake (loitering); codes are read to open something."""
    for name, camera in site.cameras.items():
        if Duty.QR in camera.duties and name not in seen:
            yield report.warning(
                f"cameras.{name}.duties",
                "读二维码，但没有 qr-camera 读头说明打开何处",
                "it reads QR codes, but no reader of kind qr-camera says what they open",
                remedy=(f'写一个 camera = "{name}" 的读头', f'write a reader with camera = "{name}"'),
            )


def check_other_way(site: Site, report: Reporter) -> Iterator[Problem]:
    """人脸识别技术应用安全管理办法, in force since 2025-06-01: face must not be the only way to be recognised."""
    for name, reader in site.readers.items():
        if reader.kind != "face":
            continue
        place = (reader.lane, reader.door)
        others = [r for r in site.readers.values() if r.kind != "face" and (r.lane, r.door) == place]
        way = "out" if reader.direction == "out" else "in"
        if not any(other.direction in (way, "both") for other in others):
            yield report.error(
                f"readers.{name}",
                f"{reader.lane or reader.door} 只能刷脸进入；法规要求人脸不得为唯一验证方式",
                f"face is the only way through {reader.lane or reader.door}; the law demands another one beside it",
                remedy=(
                    "在同一处再加一个读卡、密码、二维码或蓝牙读头",
                    "add a reader for cards, PINs, codes or phones at the same place",
                ),
            )
