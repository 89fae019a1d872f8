"""Settings of the patrol (电子巡更) and of the plans of the site. Core: pure data, no I/O."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from config.base import Model, Name, TimeOfDay, described

Fraction = Annotated[float, Field(ge=0, le=1)]
Spot = tuple[Fraction, Fraction]
"""x, y as fractions of a plan's picture, from its upper left corner."""


class PlanPicture(Model):
    """``[patrol.maps.NAME]``: a drawing of the site, to show where points and reports are."""

    picture: Path = described("平面图，JPEG 或 PNG", "picture of the plan, JPEG or PNG")
    title: str = described("名称", "title", default="", max_length=80)


class PatrolPoint(Model):
    """``[patrol.points.NAME]``: a checkpoint (巡更点)."""

    place: str = described("位置，写给门卫看", "place in words, for the guard", default="", max_length=80)
    kind: Literal["qr", "nfc", "ble", "reader"] = described(
        "二维码、NFC、蓝牙信标，或门上的读头", "QR code, NFC tag, BLE beacon, or a reader at a door", default="qr"
    )
    code: str = described(
        "码或标签中的文字，各点不同、不可猜测",
        "text of the code or tag, different at each point and not to be guessed",
        default="",
        max_length=200,
        repr=False,  # whoever knows it can say that he was there
    )
    reader: Name | None = described("读头（kind = reader）", "the reader (kind = reader)", default=None)
    typed: bool = described("允许手输此码（可信度低）", "the code may be typed (weak proof)", default=True)
    map: Name | None = described("所在平面图", "plan that it stands on", default=None)
    at: Spot | None = described("在图上的位置 x,y，按比例 0~1", "x, y on the plan as fractions", default=None)


class RoutePoint(Model):
    """``[[patrol.routes.NAME.points]]``: one point of a route."""

    point: Name = described("巡更点", "the checkpoint")
    required: bool = described("必到", "must be visited", default=True)
    after_s: float | None = described(
        "开始后多久应到，省略则不限",
        "due so long after the start; at any time when absent",
        default=None,
        ge=0,
        le=86400,
    )
    tolerance_s: float = described("前后允许偏差", "so much earlier or later is in time", default=300.0, ge=0, le=86400)
    walk_s: float = described(
        "从上一点走来至少需要多久，更快记为可疑",
        "walking here from the point before takes at least so long; quicker is noted as doubtful",
        default=0.0,
        ge=0,
        le=3600,
    )


class PatrolRoute(Model):
    """``[patrol.routes.NAME]``: points in their order."""

    title: str = described("名称", "title", default="", max_length=80)
    points: tuple[RoutePoint, ...] = described("巡更点，按次序", "points in their order", min_length=1, max_length=60)
    order: Literal["free", "noted", "strict"] = described(
        "次序：free 随意，noted 颠倒则记下，strict 颠倒不算",
        "order: free, noted when not kept, or strict (a point out of order does not count)",
        default="noted",
    )
    within_s: float = described("开始后多久内走完", "finished within, after its start", default=3600.0, gt=0, le=86400)


class PatrolPlan(Model):
    """``[patrol.plans.NAME]``: when a route is walked."""

    route: Name = described("路线", "route")
    days: tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...] = described(
        "星期", "days of the week", default=("mon", "tue", "wed", "thu", "fri", "sat", "sun"), min_length=1
    )
    times: tuple[TimeOfDay, ...] = described("开始时刻，时:分", "times to begin, HH:MM", min_length=1, max_length=48)
    start_early_s: float = described("可提前多久开始", "may begin so much earlier", default=600.0, ge=0, le=43200)
    start_late_s: float = described("可推迟多久开始", "may begin so much later", default=900.0, ge=0, le=43200)


class Patrol(Model):
    """``[patrol]``: checkpoints, routes, when they are walked."""

    remind_before_s: float = described(
        "到点前多久提醒", "reminder so long before a round is due", default=600.0, ge=0, le=43200
    )
    duplicate_s: float = described(
        "同一点多久内再扫不计", "the same point again within this time is ignored", default=300.0, ge=0, le=86400
    )
    offline_max_s: float = described(
        "离线扫码最迟多久补传", "scans made offline are taken so long afterwards", default=43200.0, ge=0, le=172800
    )
    guards: dict[str, str] = described(
        "持卡人编号对应的门卫账户，用于读头巡更",
        "person id of a card holder -> account of the guard, for readers as checkpoints",
        default_factory=dict,
    )
    maps: dict[Name, PlanPicture] = described("平面图", "plans of the site", default_factory=dict)
    points: dict[Name, PatrolPoint] = described("巡更点", "checkpoints", default_factory=dict)
    routes: dict[Name, PatrolRoute] = described("巡更路线", "routes", default_factory=dict)
    plans: dict[Name, PatrolPlan] = described("巡更计划", "when routes are walked", default_factory=dict)
