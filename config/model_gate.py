"""Settings of doors, readers, sirens, displays, schedules, passes and the ledger. Core: pure data, no I/O."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Literal

from config.base import InputRef, Model, Name, RelayRef, TimeOfDay, described


class Window(Model):
    """A span of a week: on these days from one time of day to another; past midnight when the end is earlier."""

    days: tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun", "holiday"], ...] = described(
        "星期，holiday 指节假日", "days of the week; holiday means the dates listed as such", min_length=1
    )
    begin: TimeOfDay = described("开始，时:分", "begin, HH:MM")
    end: str = described("结束，时:分", "end, HH:MM", pattern=r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$")


class Schedule(Model):
    """``[schedules.NAME]``: when something holds. A holiday follows only windows that name ``holiday``."""

    windows: tuple[Window, ...] = described("时段", "windows", default=())
    holidays: tuple[date, ...] = described("节假日日期", "dates that are holidays", default=())


class Door(Model):
    """``[doors.NAME]``: one door with its lock."""

    place: str = described("位置，写给门卫看", "place in words, for the guard", default="")
    lock: RelayRef = described("锁继电器", "relay of the lock")
    unlock_s: float = described("开锁脉冲，由板计时", "unlock pulse, timed by the board", default=3.0, ge=0.1, le=10)
    contact: InputRef | None = described("门磁", "door contact, active when open", default=None)
    exit_button: InputRef | None = described("出门按钮", "exit button", default=None)
    held_open_s: float = described("开门多久算未关", "open this long after an unlock: held open", default=30.0, gt=0)
    interlock: tuple[Name, ...] = described("互锁的门（AB 门）", "doors that must be closed first (AB)", default=())
    escape_route: bool = described("疏散通道：火警时释放", "on an escape route: released by fire", default=True)
    unlocked_during: Name | None = described("自动常开时段", "schedule during which it stays unlocked", default=None)


class Reader(Model):
    """``[readers.NAME]``: something that a credential is shown to. ``lane`` or ``door`` says what it opens."""

    kind: Literal["osdp", "keypad", "qr-serial", "qr-camera", "ble", "face"] = described("类型", "kind")
    place: str = described("位置", "place in words", default="")
    lane: Name | None = described("所属车道", "lane that it opens", default=None)
    door: Name | None = described("所属门", "door that it opens", default=None)
    port: Path | None = described("串口", "serial port", default=None)
    baud: int = described("波特率", "baud rate", default=9600, ge=1200, le=921600)
    address: int = described("OSDP 地址", "OSDP address", default=0, ge=0, le=126)
    key_file: Path | None = described(
        "OSDP 安全通道密钥文件（0600）", "OSDP Secure Channel key file (0600)", default=None
    )
    camera: Name | None = described(
        "看二维码或人脸的摄像机", "camera that QR codes or faces are shown to", default=None
    )
    adapter: str = described("蓝牙适配器（HCI 传输）", "Bluetooth adapter (HCI transport)", default="usb:0")
    second_factor: Literal["none", "pin"] = described("第二因素", "second factor", default="none")
    direction: Literal["in", "out", "both"] = described(
        "门禁方向：进、出或不区分；车道以其自身方向为准",
        "direction at a door, to know who is inside; a lane has its own",
        default="both",
    )


class Input(Model):
    """``[inputs.NAME]``: a contact that raises an alarm."""

    kind: Literal["smoke", "panic", "tamper", "flood", "other"] = described("类型", "kind", default="other")
    input: InputRef = described("触点", "contact")
    place: str = described("位置", "place in words", default="")
    sirens: tuple[Name, ...] = described("联动的声光报警器", "sirens that it starts", default=())


class Siren(Model):
    """``[sirens.NAME]``: siren and strobe on a board's relay; sounds in board-timed pulses until a person resets it."""

    output: RelayRef = described("继电器", "relay")
    place: str = described("位置", "place in words", default="")
    max_s: float = described("最长鸣响", "longest time that it sounds", default=180.0, gt=0, le=3600)
    on_s: float = described("响", "sounding part of the pattern", default=2.0, gt=0, le=10)
    off_s: float = described("停", "silent part of the pattern", default=1.0, ge=0, le=60)
    alarm_priority: int = described(
        "达到此级别的告警触发", "alarms of this priority or more urgent start it", default=1, ge=1, le=3
    )
    unanswered_priority: int = described(
        "此级别的告警一段时间无人接警也触发",
        "alarms of this priority that nobody takes start it after a while (alarms.siren_after_s)",
        default=2,
        ge=1,
        le=3,
    )


class Display(Model):
    """``[displays.NAME]``: display and voice beside a lane."""

    family: Literal["a5", "da"] = described("协议族", "family of protocols", default="a5")
    port: Path = described("串口", "serial port")
    baud: int = described("波特率", "baud rate", default=9600, ge=1200, le=921600)
    address: int = described("地址", "address", default=1, ge=0, le=255)
    lane: Name = described("车道", "lane whose passages it shows")
    voice: bool = described("语音播报", "speaks too", default=False)
    parameters: dict[str, int] = described(
        "协议中需现场确认的字节", "bytes of the protocol to be confirmed on site", default_factory=dict
    )


class Equipment(Model):
    """``[equipment.NAME]``: one entry of the equipment ledger (设备台账)."""

    device: str = described(
        "对应设备，如 camera:east、board:box、lane:east", "what it is here: camera:NAME, board:NAME, lane:NAME, ..."
    )
    brand: str = described("品牌", "brand", default="")
    model: str = described("型号", "model", default="")
    serial: str = described("序列号", "serial number", default="")
    installed: date | None = described("安装日期", "installed on", default=None)
    maintenance_days: int | None = described("维保周期（天）", "maintenance every so many days", default=None, ge=1)
    criticality: Literal["high", "medium", "low"] = described("重要程度", "criticality", default="medium")


class Passes(Model):
    """``[passes]``: visitor codes and signed passes."""

    pepper_file: Path | None = described(
        "访客码密钥文件（0600），省略则生成", "key file of visitor codes; generated when absent", default=None
    )
    public_keys: tuple[Path, ...] = described("通行码签发公钥（PEM）", "public keys of pass issuers (PEM)", default=())
    gates: dict[Name, int] = described(
        "车道或门在通行码中的编号 1~64", "number of a lane or door inside passes, 1 to 64", default_factory=dict
    )
    codes_per_host: int = described("每户同时有效的访客码上限", "live visitor codes per host", default=10, ge=1)
    wrong_max: int = described("连续错误几次后锁定", "wrong codes in a row before a lock-out", default=5, ge=1)
    lock_s: float = described("首次锁定时长，之后翻倍", "first lock-out, doubled each time", default=60.0, gt=0)
    keep_ended_days: float = described(
        "结束后的访客码、放行条、通行码再保留几天", "days that ended codes, slips and passes are kept", default=90, ge=1
    )


class Rules(Model):
    """``[rules]``: what goes beyond one credential at one gate."""

    clock: Literal["any", "synced"] = described(
        "synced：时钟未同步时只认不需时间的凭证；any：仅当时钟明显有误时如此",
        "synced: without a synchronised clock only what needs no clock opens; any: only when it is plainly wrong",
        default="any",
    )
    anti_passback: Literal["none", "alert", "enforce"] = described("防折返", "anti-passback", default="none")
    anti_passback_reset_s: float = described(
        "防折返自动复位", "anti-passback is forgotten after", default=12 * 3600, gt=0
    )
    first_person_in: tuple[Name, ...] = described(
        "首人开启后才放行的门", "doors that open for others only after a first person", default=()
    )
    two_person: tuple[Name, ...] = described("双人规则的门", "doors that need two people", default=())
    two_person_s: float = described("两人间隔上限", "time between the two", default=15.0, gt=0)
    overstay_s: float = described(
        "访客逾期未离场提醒", "visitors inside longer than this are reported", default=12 * 3600, gt=0
    )
