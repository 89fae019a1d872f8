"""Action cards (应急预案): what to do, at most three steps, for every kind of alarm. Core: text only.

The site file's ``[alarms.cards]`` comes first; a kind without a card of its own takes that of its family.
"""

from __future__ import annotations

from collections.abc import Mapping

from config.model_duty import ActionCard

_TEXT: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "fire.active": (
        ("拨打 119，通知值班主管", "到场确认，引导疏散，道闸和门已自动打开", "火情排除后由人工复位"),
        (
            "Call 119, tell the supervisor",
            "Go there, lead people out; barriers and doors stand open",
            "Reset by hand when it is over",
        ),
    ),
    "https.expiring": (
        ("通知管理员续期网页证书", "管理员运行 menwei https renew", "平板无需重装"),
        ("Tell the administrator", "The administrator runs menwei https renew", "Tablets need nothing"),
    ),
    "https.ending": (
        ("立即通知管理员续期网页证书", "到期后平板将打不开页面", "管理员运行 menwei https renew"),
        (
            "Tell the administrator now",
            "Once it has ended no tablet opens the page",
            "The administrator runs menwei https renew",
        ),
    ),
    "fire.line_broken": (
        ("检查消防联动线路与接线端子", "修复前按有火警可能对待，安排专人值守", "通知维保单位"),
        (
            "Check the fire line and its terminals",
            "Until it is mended keep a person there",
            "Call the maintenance company",
        ),
    ),
    "smoke.active": (
        ("立即到充电区查看，带灭火器", "有火拨打 119，切断充电电源", "疏散附近人员，设警戒"),
        (
            "Go to the charging area with an extinguisher",
            "On fire: call 119, cut the charging power",
            "Clear people away",
        ),
    ),
    "panic.active": (
        ("立即前往按钮位置", "与对讲保持联系，必要时报警 110", "处置后填写经过"),
        ("Go to the button at once", "Stay in contact, call 110 if needed", "Write down what happened"),
    ),
    "flood.active": (
        ("到现场确认水源", "关闭阀门，断开附近电源", "通知工程人员"),
        ("Find where the water comes from", "Close the valve, cut the power nearby", "Call the engineers"),
    ),
    "tamper.active": (
        ("查看画面后到现场", "检查设备是否被打开或移动", "保留现场，通知主管"),
        (
            "Look at the picture, then go there",
            "Has the device been opened or moved?",
            "Leave it as it is, tell the supervisor",
        ),
    ),
    "access.duress": (
        ("不要声张，不要直接询问当事人", "查看画面，报警 110 并通知主管", "就近布置人员"),
        ("Stay quiet, do not ask the person", "Look at the picture, call 110 and the supervisor", "Bring people near"),
    ),
    "access.passback": (
        ("核对证件与本人", "确认是否代刷或尾随", "必要时收回卡片"),
        ("Compare card and person", "Was it lent, or did somebody follow?", "Keep the card if needed"),
    ),
    "access.locked": (
        ("查看键盘处画面", "询问在场人员", "无人认领则记录并上报"),
        ("Look at the keypad", "Ask whoever is there", "Nobody there: note and report it"),
    ),
    "fall.seen": (
        (
            "疏散楼下行人，设警戒，查看有无受伤",
            "看合成图和录像，到对应楼层核实",
            "保留证据包，报主管，伤人即报警 110、120",
        ),
        (
            "Clear people from below, look for anybody hurt",
            "Look at the path and the clip, go to that floor",
            "Export the evidence, tell the supervisor; hurt: 110 and 120",
        ),
    ),
    "zone.blocked": (
        ("到现场联系车主或物主移走", "联系不上报主管，必要时联系拖车或 119", "清空后网关自动记录清除时间"),
        (
            "Go there, have the owner move it",
            "Nobody found: supervisor, if needed a tow truck or 119",
            "Once it is clear the gateway notes the time by itself",
        ),
    ),
    "loiter.seen": (
        ("看画面，确认是否住户或访客", "到场礼貌询问，两人同行", "可疑则记录特征，报主管或 110"),
        (
            "Look at the picture: a resident, a visitor?",
            "Go and ask politely, two of you",
            "Suspicious: note what they look like, tell the supervisor or 110",
        ),
    ),
    "lane.forced": (
        ("查看画面，记下车牌", "到现场检查道闸和防砸", "恢复后人工复位"),
        ("Look at the picture, note the plate", "Check the barrier on site", "Reset by hand when it is whole"),
    ),
    "lane.arm_on_vehicle": (
        ("立即到场，先看人车安全", "抬杆用手动释放，不要远程落杆", "拍照留存，通知主管"),
        (
            "Go there at once: people first",
            "Raise the arm by hand, never lower it from here",
            "Take photos, tell the supervisor",
        ),
    ),
    "lane.tailgated": (
        ("记下后车车牌", "联系前往核实", "非业主车辆按访客登记"),
        ("Note the second plate", "Find out who it was", "A stranger is registered as a visitor"),
    ),
    "door.forced": (
        ("查看画面后到门前", "确认有无人员闯入", "修复门锁前安排值守"),
        ("Look at the picture, go to the door", "Has somebody got in?", "Keep watch until the lock is mended"),
    ),
    "door.held_open": (
        ("到门前关门", "检查有无物品卡住", "劝导不要长时间开门"),
        ("Go and close the door", "Is something wedged in it?", "Ask people to keep it closed"),
    ),
    "siren.failed": (
        ("检查声光报警器电源和线路", "期间加强巡看页面", "通知维保"),
        ("Check the siren's power and line", "Watch the page more closely meanwhile", "Call maintenance"),
    ),
    "register.overstayed": (
        ("联系被访业主核实", "找到访客并确认离场", "在登记中补记"),
        ("Ask the host", "Find the visitor, see them out", "Note it in the register"),
    ),
    "watch.missed": (
        ("主管立即电话联系岗位", "无人接听派人到岗查看", "安排顶岗"),
        ("Supervisor: call the post", "No answer: send somebody", "Find a replacement"),
    ),
    "shift.handover_slow": (
        ("联系交接双方问明原因", "督促逐项交接", "必要时主管到场"),
        ("Ask both why it takes so long", "See it through, matter by matter", "Go there if needed"),
    ),
    "patrol.missed": (
        ("联系当班门卫问明原因", "派人补走漏检的点", "多次漏检报主管"),
        ("Ask the guard why", "Have the missed points walked", "Again and again: tell the supervisor"),
    ),
    "report.made": (
        ("看照片和位置，联系上报人", "就近派人增援", "必要时报警 110、119、120"),
        ("Look at photo and place, call who reported", "Send whoever is near", "Call 110, 119 or 120 if needed"),
    ),
    "selftest.failed": (
        ("看是哪个环节：日志、页面、声光或推送", "该环节修好前加强人工巡看", "修好后再做一次自检"),
        (
            "Which link: log, page, siren or push?",
            "Watch more closely until it is mended",
            "Run the self-test again afterwards",
        ),
    ),
    "push.": (
        ("紧急告警改用电话通知主管", "检查外网与渠道地址（menwei push test）", "恢复后会自动补发"),
        (
            "Telephone the supervisor for urgent alarms",
            "Check the internet and the address (menwei push test)",
            "What waits is sent by itself",
        ),
    ),
    "camera.": (
        ("看是否断电、断网或被遮挡", "能到场则擦拭、扶正", "不能恢复报维保"),
        ("Power, network or something in front?", "Wipe it, set it right", "Still gone: call maintenance"),
    ),
    "lane.": (
        ("到车道查看道闸", "需要时人工指挥放行", "不能恢复报维保"),
        ("Look at the barrier", "Wave cars through by hand if needed", "Still faulty: call maintenance"),
    ),
    "door.": (
        ("到门前查看", "需要时人工看守", "不能恢复报维保"),
        ("Look at the door", "Guard it by hand if needed", "Still faulty: call maintenance"),
    ),
    "": (
        ("查看告警内容与画面", "到现场核实", "处理后办结，处理不了报主管"),
        ("Read the alarm, look at the picture", "Go and see", "Close it when done, or tell the supervisor"),
    ),
}


def card_of(kind: str, own: Mapping[str, ActionCard]) -> ActionCard:
    """The card of a kind of alarm: the site's own, else ours for the kind, its family, or the general one."""
    for key in (kind, f"{kind.split('.', maxsplit=1)[0]}."):
        if key in own:
            return own[key]
    for key in (kind, f"{kind.split('.', maxsplit=1)[0]}.", ""):
        if key in _TEXT:
            zh, en = _TEXT[key]
            return ActionCard(zh=zh, en=en)
    raise AssertionError("the general card is always there")
