"""Every kind of event the hub writes, with its priority and its sentence. Core: data and one constructor.

docs/events.md lists them; a test holds the two together. Priority: 0 life safety, 1 alarm, 2 access and audit,
3 ordinary, 4 may go first when the disk is full.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from edge.observations import Now
from sync.event import Attachment, EventDraft


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of event."""

    priority: int
    zh: str
    en: str


KINDS: dict[str, Kind] = {
    "system.started": Kind(2, "网关启动", "gateway started"),
    "system.stopped": Kind(2, "网关停止", "gateway stopped"),
    "config.fallback": Kind(1, "配置有误，使用上次可用配置", "site file is broken; the last good one is in use"),
    "clock.jumped": Kind(1, "系统时钟跳变", "the wall clock jumped"),
    "internal.error": Kind(1, "内部错误", "internal error; the observation is kept"),
    "inbox.overflow": Kind(2, "视觉消息过多被丢弃", "vision observations were dropped"),
    "camera.lost": Kind(1, "摄像机失去", "camera lost"),
    "camera.back": Kind(1, "摄像机恢复", "camera back"),
    "duty.off": Kind(1, "识别任务停用", "a duty cannot run"),
    "eyes.lost": Kind(1, "视觉进程失去", "eyes process lost"),
    "eyes.back": Kind(1, "视觉进程恢复", "eyes process back"),
    "log.trouble": Kind(1, "日志无法写入", "the log cannot be written"),
    "log.restored": Kind(1, "日志恢复写入", "the log can be written again"),
    "link.lost": Kind(1, "设备通信中断", "device link lost"),
    "link.back": Kind(1, "设备通信恢复", "device link back"),
    "reader.lost": Kind(1, "读头失去", "reader lost"),
    "reader.back": Kind(1, "读头恢复", "reader back"),
    "plate.read": Kind(3, "读到车牌", "plate read"),
    "visit.ended": Kind(4, "车辆离开画面", "vehicle left the picture"),
    "access.granted": Kind(2, "准许通行", "access granted"),
    "access.denied": Kind(2, "拒绝通行", "access denied"),
    "access.duress": Kind(1, "胁迫报警", "somebody is forced to open"),
    "access.passback": Kind(1, "疑似折返", "came in twice, or left without having come in"),
    "access.not_written": Kind(
        1, "使用未能及时写入日志，转门卫处理", "a use was not on disk in time: left to the guard"
    ),
    "access.locked": Kind(1, "连续错误，已锁定", "wrong entries in a row: locked"),
    "access.degraded": Kind(1, "时钟不可信，有时限的凭证暂不放行", "clock not trusted: nothing bound to time opens"),
    "access.restored": Kind(2, "时钟恢复可信", "the clock is trusted again"),
    "access.referred": Kind(2, "转门卫处理", "left to the guard"),
    "operator.opened": Kind(2, "门卫手动开闸", "opened by hand"),
    "operator.refused": Kind(2, "门卫拒绝放行", "turned away by the guard"),
    "operator.held": Kind(2, "门卫设为常开", "held open by hand"),
    "operator.released": Kind(2, "门卫取消常开", "hold released by hand"),
    "operator.reset": Kind(2, "门卫复位", "reset by hand"),
    "command.done": Kind(3, "开闸命令已执行并核实", "open command sent and read back"),
    "command.failed": Kind(1, "开闸命令失败", "open command failed"),
    "lane.opening": Kind(3, "道闸开启中", "barrier opening"),
    "lane.opened": Kind(3, "道闸已开", "barrier open"),
    "lane.passing": Kind(4, "车辆正在通过", "vehicle under the arm"),
    "lane.passed": Kind(2, "车辆已通过", "vehicle passed"),
    "lane.closed": Kind(4, "道闸已关", "barrier closed"),
    "lane.no_passage": Kind(3, "开闸后无车通过", "opened, nobody passed"),
    "lane.tailgated": Kind(1, "尾随通过", "a second vehicle followed without a grant"),
    "lane.wrong_way": Kind(1, "逆行", "somebody came through from behind"),
    "lane.stopped_under_arm": Kind(1, "车辆停在杆下", "vehicle stopped under the arm"),
    "lane.forced": Kind(1, "道闸被强行打开", "barrier opened by force"),
    "lane.fault": Kind(1, "道闸故障", "barrier fault"),
    "lane.fault_cleared": Kind(2, "道闸故障解除", "barrier fault cleared"),
    "lane.arm_on_vehicle": Kind(0, "杆落在车上", "arm came down on a vehicle"),
    "lane.reopened": Kind(2, "关闸遇阻，重新开启", "obstacle while closing, opened again"),
    "lane.held": Kind(2, "道闸保持常开", "barrier held open"),
    "lane.hold_due": Kind(1, "常开时间已到", "hold-open time is over"),
    "lane.released": Kind(2, "常开解除", "hold released"),
    "lane.manual": Kind(1, "道闸被手动释放", "barrier released by hand crank"),
    "lane.manual_ended": Kind(2, "手动释放结束", "hand release ended"),
    "lane.offline": Kind(1, "道闸离线", "barrier offline"),
    "lane.online": Kind(2, "道闸在线", "barrier online"),
    "lane.queue_full": Kind(2, "排队车辆过多，不再计数", "too many grants wait; no more are counted"),
    "lane.refused": Kind(2, "道闸此时不能开启", "the lane cannot open now"),
    "lane.fire_open": Kind(0, "消防联动开闸", "opened by the fire input"),
    "lane.fire_ended": Kind(0, "消防联动结束", "fire opening ended"),
    "lane.fire_line_broken": Kind(0, "车道消防线路异常", "fire line of the lane broken"),
    "lane.fire_line_ok": Kind(1, "车道消防线路恢复", "fire line of the lane mended"),
    "operator.unlocked": Kind(2, "门卫手动开门", "unlocked by hand"),
    "door.unlocked": Kind(3, "门已开锁", "door unlocked"),
    "door.not_opened": Kind(3, "开锁后无人开门", "unlocked, nobody opened"),
    "door.opened": Kind(3, "门已打开", "door opened"),
    "door.closed": Kind(4, "门已关闭", "door closed"),
    "door.held_open": Kind(1, "门长时间未关", "door held open"),
    "door.held_over": Kind(2, "未关的门已关闭", "held door over"),
    "door.forced": Kind(1, "门被强行打开", "door opened by force"),
    "door.interlock_blocked": Kind(2, "互锁的门未关，不能开门", "interlocked: another door is not closed"),
    "door.refused": Kind(2, "门此时不能开锁", "the door cannot be unlocked now"),
    "door.free": Kind(2, "门按时段常开", "unlocked by its schedule"),
    "door.free_ended": Kind(2, "门的常开时段结束", "the schedule of the door ended"),
    "door.fire_released": Kind(0, "消防释放门锁", "released by fire"),
    "door.fire_ended": Kind(0, "消防释放结束", "fire release ended"),
    "door.offline": Kind(1, "门离线", "door offline"),
    "door.online": Kind(2, "门在线", "door online"),
    "door.contact_unknown": Kind(1, "门磁状态未知", "door contact unknown"),
    "door.contact_known": Kind(2, "门磁恢复", "door contact known again"),
    "door.unlock_failed": Kind(1, "开锁失败", "unlocking failed"),
    "door.unlock_works": Kind(2, "开锁恢复正常", "unlocking works again"),
    "smoke.active": Kind(0, "烟感报警", "smoke"),
    "smoke.clear": Kind(0, "烟感信号消失", "smoke input clear"),
    "panic.active": Kind(0, "紧急按钮报警", "panic button"),
    "panic.clear": Kind(1, "紧急按钮已复原", "panic button released"),
    "flood.active": Kind(1, "水浸报警", "flood"),
    "flood.clear": Kind(2, "水浸信号消失", "flood input clear"),
    "tamper.active": Kind(1, "防拆报警", "tamper"),
    "tamper.clear": Kind(2, "防拆信号消失", "tamper input clear"),
    "input.active": Kind(1, "报警输入动作", "alarm input active"),
    "input.clear": Kind(2, "报警输入恢复", "alarm input clear"),
    "input.unknown": Kind(1, "报警输入状态未知", "alarm input unknown"),
    "input.known": Kind(2, "报警输入状态恢复", "alarm input known again"),
    "siren.started": Kind(0, "声光报警器启动", "siren started"),
    "siren.ended": Kind(2, "声光报警器达到最长时间", "siren fell silent after its longest time"),
    "siren.reset": Kind(0, "声光报警器人工复位", "sirens reset by a person"),
    "siren.failed": Kind(1, "声光报警器无法驱动", "siren cannot be driven"),
    "siren.works": Kind(2, "声光报警器恢复", "siren works again"),
    "fire.active": Kind(0, "火警", "fire alarm"),
    "fire.clear": Kind(0, "火警信号消失，等待人工复位", "fire input clear, waiting for a person"),
    "fire.line_broken": Kind(0, "消防线路断线", "fire line broken or unknown"),
    "fire.line_ok": Kind(1, "消防线路恢复", "fire line mended"),
    "fire.reset": Kind(0, "火警人工复位", "fire state reset by a person"),
    "alarm.opened": Kind(1, "告警", "alarm"),
    "alarm.returned": Kind(1, "告警恢复正常", "alarm condition returned to normal"),
    "alarm.acknowledged": Kind(2, "告警已接手", "alarm acknowledged"),
    "alarm.closed": Kind(2, "告警已关闭", "alarm closed"),
    "lists.changed": Kind(2, "名单变更", "lists changed"),
    "lists.pruned": Kind(
        4, "清理早已结束的访客码、放行条和通行码", "codes, slips and passes that ended long ago forgotten"
    ),
    "register.came_in": Kind(2, "登记：进入", "register: came in"),
    "register.went_out": Kind(2, "登记：离开", "register: went out"),
    "register.corrected": Kind(2, "登记：人工补记离开", "register: departure noted by hand"),
    "register.overstayed": Kind(1, "访客逾期未离场", "a visitor stays too long"),
    "register.exported": Kind(2, "登记已导出", "register exported"),
    "equipment.maintained": Kind(2, "设备维保", "equipment maintained"),
    "slip.checked": Kind(2, "放行条核对一致，物品放行", "goods slip matched, goods let out"),
    "slip.refused": Kind(2, "放行条核对不符，物品未放行", "goods slip refused, goods kept"),
    "auth.login": Kind(2, "登录", "logged in"),
    "auth.failed": Kind(2, "登录失败", "log-in refused"),
    "auth.locked": Kind(1, "登录锁定", "log-in locked"),
    "auth.logout": Kind(2, "退出", "logged out"),
    "auth.account": Kind(2, "账户变更", "account changed"),
    # written by the store about itself
    "log.checkpoint": Kind(3, "日志签名检查点", "signed checkpoint of the chain"),
    "log.dropped": Kind(1, "日志不可写期间丢弃的事件", "events let go while the log could not be written"),
    "log.quarantined": Kind(1, "损坏的日志已隔离", "a damaged log was set aside, a new epoch began"),
    "log.epoch": Kind(1, "日志新纪元", "a new epoch of the log began"),
    "log.pruned": Kind(2, "旧事件已删除", "old events were pruned; the gap is signed"),
    "log.media_deleted": Kind(3, "旧图片已删除", "old pictures were deleted"),
    "log.disk_level": Kind(1, "磁盘余量等级变化", "the disk's level changed"),
}
"""Every kind that can stand in the log."""


def draft(
    now: Now,
    id_: str,
    kind: str,
    source: str,
    body: Mapping[str, Any],
    attachments: tuple[Attachment, ...] = (),
) -> EventDraft:
    """An event of a known kind; an unknown kind is a bug and raises KeyError."""
    return EventDraft(
        id=id_,
        kind=kind,
        source=source,
        body=body,
        wall_us=int(now.wall_s * 1e6),
        mono_ns=int(now.mono_s * 1e9),
        priority=KINDS[kind].priority,
        attachments=attachments,
    )
