"""JSON Schema of the site file, for completion in editors. Core: pure.

A site file that begins with ``#:schema ./schema.json`` is completed and checked by Taplo and Even Better TOML.
"""

from __future__ import annotations

from typing import Any

from config.boards import BOARD_MODELS
from config.model import Site

DIALECT = "https://json-schema.org/draft/2020-12/schema"

# What each table is, in both languages; the classes' docstrings are for programmers.
TABLES = {
    "ActionCard": "应急预案卡 / action card",
    "Alarms": "告警的时限与搁置 / limits and shelving of alarms",
    "UrgentClocks": "紧急告警的时限 / limits of urgent alarms",
    "GeneralClocks": "一般告警的时限 / limits of general alarms",
    "SystemClocks": "系统告警的时限 / limits of system alarms",
    "Desk": "值班、交接班与查岗 / shifts, handing over, night checks",
    "Barrier": "道闸如何打开：由板计时的继电器脉冲 / how a barrier is opened: a relay pulse timed by the board",
    "BoardModel": "一种继电器板：通道和报文 / a model of relay board: channels and frames",
    "TimedPulse": "由板计时的脉冲 / a pulse timed by the board",
    "Board": "一块继电器板，含继电器和输入 / one relay board with its relays and inputs",
    "Bus": "一个串口 / one serial port",
    "Facade": "高空抛物所看的外墙 / the wall that is watched for falls",
    "FloorLine": "一层楼板下沿的线 / the line of a floor's slab",
    "Zone": "画面中的一块区域及其规则 / an area of the picture and its rule",
    "Camera": "一台摄像机或其他画面来源 / one camera or other source of pictures",
    "Eyes": "取流和识别的进程 / the process that captures and recognises",
    "Fire": "消防联动，优先于一切规则 / the fire input, before every rule",
    "InputRef": "板上的一个输入及其含义 / one input of a board and what it means",
    "Lane": "一条车道或人行道：一个道闸及其传感器 / one lane or walkway: a barrier and its sensors",
    "LaneInputs": "车道的传感器，未接的不写 / sensors of a lane; leave out those that are not wired",
    "Limits": "限制故障影响的界限 / bounds that keep one fault in its place",
    "Faces": "人脸何时算某人 / when a face is somebody",
    "Models": "模型文件放在哪里 / where model files are kept",
    "Plates": "车牌何时算读准 / when a plate counts as read",
    "SiteInfo": "本站点 / this site",
    "Sync": "事件日志与中心 / the event log and the centres",
    "Display": "车道旁的显示屏与语音 / display and voice beside a lane",
    "Door": "一扇门及其锁 / one door with its lock",
    "Equipment": "设备台账的一条 / one entry of the equipment ledger",
    "Input": "引发告警的一个触点 / one contact that raises an alarm",
    "Passes": "访客码与通行码 / visitor codes and signed passes",
    "Reader": "出示凭证的地方，如读头、键盘 / where a credential is shown, such as a reader or keypad",
    "Live": "实时画面 / live pictures",
    "Push": "告警推送 / push of alarms",
    "Channel": "一个推送渠道 / one channel of push",
    "SelfTest": "告警自检 / self-test of alarms",
    "Patrol": "电子巡更：点、路线、计划 / guard patrol: checkpoints, routes, plans",
    "PlanPicture": "平面图 / plan of the site",
    "PatrolPoint": "巡更点 / checkpoint",
    "PatrolRoute": "巡更路线 / patrol route",
    "RoutePoint": "路线上的一点 / one point of a route",
    "PatrolPlan": "巡更计划：何时走哪条路线 / when a route is walked",
    "RelayRef": "板上的一个继电器 / one relay of a board",
    "Rules": "单个凭证、单个门之外的规则 / what goes beyond one credential at one gate",
    "Schedule": "时间表：某事何时成立 / a schedule: when something holds",
    "Siren": "接在继电器上的声光报警器 / siren and strobe on a relay",
    "Window": "一周中的一段时间 / a span of the week",
    "Web": "门卫网页和接口 / the guards' page and the API",
    "Duty": "摄像机任务 / duty of a camera",
    "Admit": "可自动放行的对象 / who passes without the guard",
}


def json_schema() -> dict[str, Any]:
    """The schema with a description in Chinese and English at every table and setting."""
    schema = Site.model_json_schema(mode="validation")
    for name, definition in schema.get("$defs", {}).items():
        if name in TABLES:
            definition["description"] = TABLES[name]
    schema["$defs"]["Board"]["properties"]["model"]["examples"] = list(BOARD_MODELS)
    schema["title"] = "Menwei 门卫"
    schema["description"] = "站点配置 / site file"
    return {"$schema": DIALECT, **schema}
