"""What watching duties saw, in words for a guard: places in the site's language, details in both. Core: pure."""

from __future__ import annotations

from config.model import Site
from config.model_watch import Zone
from vision.sightings import FallSeen, LoitererSeen, ZoneBlocked

_WHAT = {"vehicle": ("车辆", "vehicle"), "person": ("人", "person"), "object": ("物品", "something")}
_FALL = {"fall": ("自由下落", "fell freely"), "flutter": ("缓慢飘落", "came down slowly")}


def fall_place(settings: Site, seen: FallSeen) -> str:
    """Building, floor and column."""
    camera = settings.cameras[seen.camera]
    building = (camera.facade.building if camera.facade is not None else "") or camera.place or seen.camera
    zh = settings.site.language == "zh"
    if seen.floor == 0:
        return f"{building} {'楼顶或墙外' if zh else 'above or beside the wall'}"
    clear = seen.floor_low == seen.floor_high
    floor = str(seen.floor) if clear else f"{seen.floor_low}–{seen.floor_high}"  # a range of floors
    if zh:
        return f"{building} {floor} 层" + (f" 第 {seen.column} 列窗" if seen.column else "")
    return f"{building}, floor {floor}" + (f", window {seen.column}" if seen.column else "")


def fall_detail(seen: FallSeen) -> str:
    """Speed, height and manner."""
    zh, en = _FALL[seen.kind]
    speed, height = f"{seen.speed_mps:.0f} m/s", f"{seen.height_m:.0f} m"
    return f"{zh}，最大速度 {speed}，起点高约 {height} / {en}, up to {speed}, from about {height}"


def zone_place(settings: Site, camera: str, zone: Zone) -> str:
    """The zone in words."""
    return zone.place or settings.cameras[camera].place or camera


def zone_detail(seen: ZoneBlocked) -> str:
    """What stands there, and since when if that was not seen."""
    zh, en = _WHAT[seen.label]
    if seen.from_start:
        return f"{zh}占用，开始监视时已在 / {en}, there already when watching began"
    return f"{zh}占用 / {en}"


def still_blocked(label: str, blocked_s: float) -> str:
    """How long it stands by now."""
    zh, en = _WHAT[label]
    minutes = max(1, round(blocked_s / 60))
    return f"{zh}占用，已 {minutes} 分钟仍未清除 / {en}, still there after {minutes} min"


def loiter_detail(seen: LoitererSeen) -> str:
    """How long, and how often the person came back."""
    minutes = f"{seen.dwell_s / 60:.1f}"
    zh, en = f"累计停留 {minutes} 分钟", f"stayed {minutes} min in all"
    if seen.returns:
        zh, en = f"{zh}，去而复返 {seen.returns} 次", f"{en}, came back {seen.returns}×"  # times
    return f"{zh} / {en}"
