"""What the figures are called, in Chinese and English. Core: text only."""

from __future__ import annotations

CLASSES = {1: "紧急 urgent", 2: "一般 general", 3: "系统 system"}
CLOCKS = {"respond": "接警 respond", "on_site": "到场 on site", "close": "办结 close", "call_back": "回访 call back"}
PERIOD_WORDS = {"day": "日报 day", "month": "月报 month", "quarter": "季报 quarter", "shift": "班次 shift"}

REASONS = {
    "owner": "业主车辆 owner",
    "booking": "预约车辆 booking",
    "anyone": "不限车辆 anyone",
    "person": "登记人员 person",
    "code": "访客码 code",
    "pass": "通行码 pass",
    "visitor": "访客 visitor",
    "courier": "快递 courier",
    "taxi": "出租车 taxi",
    "resident": "业主未登记 resident",
    "emergency": "应急 emergency",
    "loading": "搬家装卸 loading",
    "test": "测试 test",
    "forgot_card": "忘带卡 forgot card",
    "other": "其他 other",
    "": "未写原因 no reason",
}
"""Keys of the rules and of the page's chips; a guard's own words stand as they are."""


def reason_words(reason: str) -> str:
    """A reason for a reader of tables."""
    return REASONS.get(reason, reason)
