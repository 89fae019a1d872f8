"""Settings of the watching duties: facades and zones of cameras. Core: pure data, no I/O."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from config.base import Model, Name, described

Point = tuple[Annotated[float, Field(ge=-4, le=5)], Annotated[float, Field(ge=-4, le=5)]]
"""x, y as fractions of the picture; may lie outside of it."""
Polygon = Annotated[tuple[Point, ...], Field(min_length=3, max_length=64)]


class FloorLine(Model):
    """``[[cameras.NAME.facade.floor_lines]]``: the lower edge of one floor's slab, from the left end to the right."""

    floor: int = described("第几条楼板线，0 为地面", "0 is the ground, n the slab above floor n", ge=0, le=200)
    points: Annotated[tuple[Point, ...], Field(min_length=2, max_length=16)] = described(
        "从左到右的点，按画面比例", "points from left to right, as fractions of the picture"
    )


class Facade(Model):
    """``[cameras.NAME.facade]``: the wall that a throwing camera watches, as marked by the installer."""

    floor_lines: Annotated[tuple[FloorLine, ...], Field(min_length=2, max_length=200)] = described(
        "楼板线，至少两条；两端为外墙左右边", "floor lines, at least two; their ends are the edges of the wall"
    )
    floor_height_m: float = described("层高", "height of a floor", default=3.0, ge=2.0, le=8.0)
    width_m: float | None = described("外墙宽度，用于速度与列", "width of the wall", default=None, gt=0, le=500)
    columns: int = described("每层窗户列数", "columns of windows", default=1, ge=1, le=100)
    building: str = described("楼号，写给门卫看", "name of the building, for the guard", default="", max_length=80)
    masks: Annotated[tuple[Polygon, ...], Field(max_length=32)] = described(
        "不看的区域（天空、树、地面）", "parts that are not looked at (sky, trees, ground)", default=()
    )


class Zone(Model):
    """``[cameras.NAME.zones.NAME]``: an area of the picture and what must not stay there."""

    kind: Literal["lane", "loiter"] = described("消防通道 lane，徘徊 loiter", "fire lane, or loitering")
    polygon: Polygon = described("区域，按画面比例", "the area, as fractions of the picture")
    dwell_s: float = described("停留多久告警", "staying so long is an alarm", default=180.0, gt=0, le=86400)
    absence_s: float = described(
        "离开多久以内再回来接着计时（徘徊）",
        "coming back within this time goes on counting (loitering)",
        default=15.0,
        ge=0,
    )
    clear_s: float = described("空出多久算已清除", "empty so long: cleared", default=5.0, ge=0, le=3600)
    remind_s: float = described(
        "仍被占用时多久再提醒一次", "while it stays blocked tell again after", default=600.0, gt=0, le=86400
    )
    alarm: Literal["urgent", "general"] = described(
        "告警级别：紧急 urgent，一般 general", "class of its alarms: urgent or general", default="general"
    )
    during: Name | None = described(
        "生效时段，省略为全天", "schedule during which it counts; always when absent", default=None
    )
    place: str = described("位置，写给门卫看", "place in words, for the guard", default="", max_length=80)
