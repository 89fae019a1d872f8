"""The text that a host sends to a visitor with a code. Core: words only."""

from __future__ import annotations

from datetime import datetime, tzinfo

from edge.access.visitor_codes import Issued


def invitation(issued: Issued, *, site: str, phone_bound: bool, zone: tzinfo) -> tuple[str, str]:
    """What to send, in zh and en: the digits, what they are bound to, and until when; nothing about the host's flat."""
    code = issued.code
    begin, end = (datetime.fromtimestamp(at_s, zone) for at_s in (code.not_before_s, code.not_after_s))
    span = f"{begin:%Y-%m-%d %H:%M} – {end:%Y-%m-%d %H:%M}"
    zh = [f"{site}访客码：{issued.digits}", f"有效：{span}", f"可进入 {code.uses_allowed} 次"]
    en = [f"Visitor code for {site}: {issued.digits}", f"valid {span}", f"entries: {code.uses_allowed}"]
    if phone_bound:
        zh.append("输入访客码后，请再输入您手机号后四位")
        en.append("then type the last four digits of your phone number")
    if code.plate:
        zh.append(f"仅限车辆 {code.plate}")
        en.append(f"only with vehicle {code.plate}")
    return "；".join(zh) + "。", "; ".join(en) + "."
