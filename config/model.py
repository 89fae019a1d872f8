"""The site file as frozen models. Core: pure data, no I/O.

Units stand last in every name (``_s`` seconds, ``_ms`` milliseconds, ``_px`` pixels). Each field carries a
Chinese and an English description; both land in the JSON Schema (``menwei config schema``).
Tables are keyed by name (``[lanes.east-in]``), so ``conf.d`` files merge by key.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Literal

from config.base import InputRef, Model, Name, RelayRef, described
from config.boards import BoardModel
from config.model_duty import Alarms, Desk
from config.model_face import Faces, Models
from config.model_gate import Display, Door, Equipment, Input, Passes, Reader, Rules, Schedule, Siren
from config.model_live import Live
from config.model_patrol import Patrol
from config.model_push import Push
from config.model_watch import Facade, Zone

__all__ = ["InputRef", "Model", "Name", "RelayRef", "described"]

CONFIG_VERSION = 1


class SiteInfo(Model):
    """``[site]``: who we are."""

    id: Name = described("网关编号，中心以此区分各网关", "gateway id, unique at the centre", default="gate-1")
    name: str = described("小区或单位名称", "name of the site, shown to guards", default="门卫", max_length=80)
    language: Literal["zh", "en"] = described("默认界面语言", "default language of the page", default="zh")
    timezone: str = described("时区", "IANA time zone", default="Asia/Shanghai")
    data_dir: Path = described(
        "数据目录（日志、图片、密钥），相对路径以本文件所在目录为准",
        "directory of log, pictures and keys; a relative path counts from the site file",
        default=Path("data"),
    )


class Web(Model):
    """``[web]``: the guards' page and the HTTP API."""

    host: str = described("监听地址", "address to listen on", default="127.0.0.1")
    port: int = described("端口，0 表示任选", "port; 0 picks a free one", default=8080, ge=0, le=65535)
    tls_cert: Path | None = described("HTTPS 证书", "HTTPS certificate (PEM)", default=None)
    tls_key: Path | None = described("HTTPS 私钥", "HTTPS private key (PEM)", default=None)
    session_idle_s: float = described("无操作自动退出", "idle time until log-out", default=12 * 3600, gt=0)


class Sync(Model):
    """``[sync]``: the event log and the centres that pull it."""

    token_file: Path | None = described(
        "中心拉取用的令牌文件（权限 0600）；省略则首次启动时生成在数据目录",
        "file with the centre's bearer token (mode 0600); generated in data_dir at first start when absent",
        default=None,
    )
    centrals: tuple[Name, ...] = described(
        "必须全部确认后才可删除旧事件的中心",
        "centres that must all have acknowledged before an event may be pruned",
        default=(),
    )
    keep_days: float = described("事件最少保留天数", "days that events are kept at least", default=180, gt=0)
    media_max_mb: float = described("图片总量上限", "quota for pictures", default=2048, gt=0)


class Eyes(Model):
    """``[eyes]``: the process that captures and infers."""

    workers: int = described("推理线程数", "inference threads", default=1, ge=1, le=8)
    memory_max_mb: float = described(
        "内存上限，超过即重启", "resident memory above which it is restarted", default=2048, ge=128
    )
    heartbeat_timeout_s: float = described(
        "无心跳多久算失去", "silence after which it counts as lost", default=4.0, gt=0.5
    )
    start_timeout_s: float = described("启动最长时间", "time it may take to start", default=40.0, gt=1)


class Plates(Model):
    """``[plates]``: when a read is sure. The weakest character decides, never the mean."""

    reader: Literal["own", "rapidocr"] = described(
        "识别器：自带权重 own，或 rapidocr（需安装 menwei[ocr]）",
        "reader: our own weights, or rapidocr (needs menwei[ocr])",
        default="own",
    )
    sure_confidence: float = described(
        "最弱字符达到此值才算可靠", "confidence of the weakest character for a sure read", default=0.6, ge=0, le=1
    )
    sure_votes: int = described("需要几帧一致", "agreeing reads needed", default=3, ge=1, le=20)
    unsure_after_s: float = described(
        "多久仍不可靠则交给门卫", "after this long without a sure read the guard decides", default=6.0, gt=0
    )
    gone_after_s: float = described(
        "多久看不到算离开", "a visit ends when its plate is unseen this long", default=3.0, gt=0
    )
    min_width_px: int = described("车牌最小宽度", "smallest plate width", default=40, ge=10)


class Duty(StrEnum):
    """What a camera is for."""

    PLATES = "plates"
    QR = "qr"
    FACES = "faces"
    THROWING = "throwing"
    ZONES = "zones"


class Camera(Model):
    """``[cameras.NAME]``: one source of pictures."""

    source: str = described(
        "rtsp://、http:// 地址，视频文件，图片目录，或摄像头号 0、1…",
        "rtsp:// or http:// address, video file, folder of pictures, or webcam number",
        min_length=1,
        repr=False,  # it may hold a password, and models end up in logs
    )
    place: str = described("位置，写给门卫看", "place in words, for the guard", default="")
    duties: tuple[Duty, ...] = described("任务", "duties", default=(Duty.PLATES,))
    lane: Name | None = described("所看车道", "lane that it watches", default=None)
    fps_max: float = described("每秒最多处理帧数", "frames read per second at most", default=8.0, gt=0, le=60)
    open_timeout_s: float = described("连接超时", "time to open", default=5.0, gt=0, le=60)
    read_timeout_s: float = described("取帧超时", "time for one frame", default=5.0, gt=0, le=60)
    lost_after_s: float = described("多久无帧告警", "time without frames until it counts as lost", default=5.0, gt=0)
    region: tuple[float, float, float, float] | None = described(
        "识别区域 x1,y1,x2,y2，按画面比例 0~1", "region x1,y1,x2,y2 as fractions of the picture", default=None
    )
    facade: Facade | None = described("高空抛物所看外墙", "the facade that a throwing camera watches", default=None)
    zones: dict[Name, Zone] = described("消防通道、徘徊区域", "fire lanes and loitering zones", default_factory=dict)
    loop_file: bool = described("文件放完后从头再放", "play a file again from its start", default=False)


class Bus(Model):
    """``[buses.NAME]``: one serial port, owned by one thread."""

    port: Path = described("串口，建议用 /dev/serial/by-path/…", "serial port; prefer /dev/serial/by-path/…")
    baud: int = described("波特率", "baud rate", default=9600, ge=1200, le=921600)
    parity: Literal["N", "E", "O"] = described("校验", "parity", default="N")
    stop_bits: Literal[1, 2] = described("停止位", "stop bits", default=1)
    gap_ms: float = described("两条命令之间的最小间隔", "smallest gap between commands", default=5.0, ge=0)
    reply_timeout_ms: float = described("等待应答", "time to wait for a reply", default=200.0, gt=0)


class Board(Model):
    """``[boards.NAME]``: relays and inputs behind one unit address."""

    bus: Name = described("所在串口", "bus it hangs on")
    model: str = described("型号", "model, a key of the device catalogue", default="waveshare-8")
    unit: int = described("从站地址", "Modbus unit address", default=1, ge=1, le=255)
    poll_ms: float = described("输入轮询周期", "period of input polling", default=100.0, ge=10)
    stale_s: float = described("输入多久未更新视为未知", "inputs older than this are unknown", default=2.0, gt=0)


class Barrier(Model):
    """How a lane's barrier is opened: a board-timed pulse on a relay."""

    board: Name = described("继电器板", "relay board")
    open_relay: int = described("开闸继电器，从 1 起", "relay that opens, counted from 1", ge=1, le=64)
    close_relay: int | None = described(
        "关闸继电器（仅当由网关关闸）",
        "relay that closes, only where the gateway owns closing",
        default=None,
        ge=1,
        le=64,
    )
    pulse_s: float = described("脉冲时长，由板计时", "pulse length, timed by the board", default=0.5, ge=0.1, le=10)


class LaneInputs(Model):
    """The sensors of a lane; those that are not wired stay out."""

    up_limit: InputRef | None = described("开到位", "arm fully up", default=None)
    down_limit: InputRef | None = described("关到位", "arm fully down", default=None)
    safety: InputRef | None = described("防砸地感或光电", "loop or photocell under the arm", default=None)
    approach: InputRef | None = described("来车地感", "loop before the arm", default=None)
    manual: InputRef | None = described("手动摇把或箱门", "hand crank or cabinet door", default=None)


class Admit(StrEnum):
    """Who may pass without the guard."""

    OWNERS = "owners"
    BOOKINGS = "bookings"
    ANYONE = "anyone"


class Lane(Model):
    """``[lanes.NAME]``: one barrier and its sensors."""

    place: str = described("位置，写给门卫看", "place in words, for the guard", default="")
    kind: Literal["vehicle", "person"] = described("车道或人行道", "vehicle or person lane", default="vehicle")
    direction: Literal["in", "out", "both"] = described("方向", "direction", default="in")
    admit: tuple[Admit, ...] = described(
        "可自动放行的对象", "who passes without the guard", default=(Admit.OWNERS, Admit.BOOKINGS)
    )
    barrier: Barrier = described("道闸", "barrier")
    inputs: LaneInputs = described("传感器", "sensors", default_factory=LaneInputs)
    closing: Literal["barrier", "gateway"] = described(
        "由谁关闸；默认道闸自己的控制器", "who closes; by default the barrier's own controller", default="barrier"
    )
    require_approach: bool | None = described(
        "无来车地感信号不自动开；省略时接了地感就要求",
        "a plate opens only while the approach loop sees a car; by default wherever the loop is wired",
        default=None,
    )
    require_motion: bool | None = described(
        "须看到车牌随车移动才自动开（防手机、纸张冒充）；省略时凡不要求地感的车道都要求",
        "a plate opens only if a vehicle moves with it (no phone, no paper); by default where no loop is required",
        default=None,
    )
    command_life_s: float = described(
        "开闸命令有效期", "life of an open command; later it is void", default=3.0, gt=0, le=30
    )
    open_timeout_s: float = described("开到位最长时间", "time to reach the upper limit", default=8.0, gt=0)
    wait_s: float = described("开闸后等车时间", "time an open barrier waits for its car", default=20.0, gt=0)
    pass_timeout_s: float = described(
        "车停在杆下多久告警", "a car under the arm this long is reported", default=30.0, gt=0
    )
    clear_s: float = described("车过后多久算通过", "time after the car has cleared", default=1.0, ge=0)
    close_timeout_s: float = described("关到位最长时间", "time to reach the lower limit", default=10.0, gt=0)
    open_during: Name | None = described("自动常开时段", "schedule during which it is held open", default=None)
    hold_refresh_s: float = described(
        "保持常开时重发开闸的周期", "period of repeated open pulses while held open", default=2.0, gt=0
    )


class Fire(Model):
    """``[fire]``: the fire alarm contact. It beats every rule and is reset only by a person."""

    input: InputRef | None = described("火警触点", "fire alarm contact", default=None)
    line_ok: InputRef | None = described("线路监视触点（断线报警）", "line monitor contact", default=None)
    lanes: tuple[Name, ...] | None = described(
        "消防联动的车道，省略为全部", "lanes that it opens; all when absent", default=None
    )


class Limits(Model):
    """``[limits]``: the bounds that keep one fault in its place."""

    inbox: int = described("收件箱长度", "observations that may wait", default=1000, ge=10)
    append_wait_ms: float = described(
        "写日志最多等待，超时照样开闸", "the gate waits at most this long for the log", default=200.0, gt=0
    )
    spill: int = described(
        "日志不可写时内存中最多保留事件数",
        "events kept in memory while the log cannot be written",
        default=10_000,
        ge=100,
    )
    login_per_minute: int = described("每分钟登录尝试上限", "log-in attempts per minute and address", default=5, ge=1)


class Site(Model):
    """The whole site file."""

    version: Literal[1] = described("配置版本", "version of this format", default=1)
    site: SiteInfo = described("站点", "site", default_factory=SiteInfo)
    web: Web = described("网页", "page and API", default_factory=Web)
    sync: Sync = described("同步", "log and centre", default_factory=Sync)
    eyes: Eyes = described("视觉进程", "eyes process", default_factory=Eyes)
    plates: Plates = described("车牌", "plates", default_factory=Plates)
    faces: Faces = described("人脸", "faces", default_factory=Faces)
    live: Live = described("实时画面", "live pictures", default_factory=Live)
    models: Models = described("模型文件", "model files", default_factory=Models)
    cameras: dict[Name, Camera] = described("摄像机", "cameras", default_factory=dict)
    buses: dict[Name, Bus] = described("串口", "serial ports", default_factory=dict)
    boards: dict[Name, Board] = described("继电器板", "relay boards", default_factory=dict)
    board_models: dict[Name, BoardModel] = described(
        "自行描述的板型号", "models of boards described by yourself", default_factory=dict
    )
    lanes: dict[Name, Lane] = described("车道", "lanes", default_factory=dict)
    fire: Fire = described("消防联动", "fire input", default_factory=Fire)
    doors: dict[Name, Door] = described("门", "doors", default_factory=dict)
    readers: dict[Name, Reader] = described(
        "读头、键盘、扫码器、蓝牙", "readers, keypads, scanners, Bluetooth", default_factory=dict
    )
    inputs: dict[Name, Input] = described("报警输入", "alarm inputs", default_factory=dict)
    sirens: dict[Name, Siren] = described("声光报警器", "sirens and strobes", default_factory=dict)
    displays: dict[Name, Display] = described("显示屏与语音", "displays and voice", default_factory=dict)
    schedules: dict[Name, Schedule] = described("时间表", "schedules", default_factory=dict)
    equipment: dict[Name, Equipment] = described("设备台账", "equipment ledger", default_factory=dict)
    passes: Passes = described("访客码与通行码", "visitor codes and passes", default_factory=Passes)
    alarms: Alarms = described("告警", "alarms", default_factory=Alarms)
    push: Push = described("推送", "push", default_factory=Push)
    desk: Desk = described("值班", "the guards' duty", default_factory=Desk)
    patrol: Patrol = described("电子巡更", "guard patrol", default_factory=Patrol)
    rules: Rules = described("通行规则", "access rules", default_factory=Rules)
    limits: Limits = described("界限", "limits", default_factory=Limits)
