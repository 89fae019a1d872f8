"""What the reasons of codes, passes and slips say to people, in zh and en. Core: text only."""

from __future__ import annotations

from edge.access.passes import PassReason
from edge.access.slips import SlipReason
from edge.access.visitor_codes import CodeReason

CODE_WORDS: dict[CodeReason, tuple[str, str]] = {
    CodeReason.GRANTED: ("准许通行", "granted"),
    CodeReason.MALFORMED: (
        "访客码应为 8 位、6 位，或 6 位加手机后四位",
        "a code has 8 digits, 6, or 6 and a phone's last four",
    ),
    CodeReason.UNKNOWN: ("没有这个访客码", "no such code"),
    CodeReason.REVOKED: ("访客码已撤销", "the code was revoked"),
    CodeReason.EARLY: ("访客码尚未生效", "the code is not valid yet"),
    CodeReason.LATE: ("访客码已过期", "the code is no longer valid"),
    CodeReason.USED_UP: ("访客码次数已用完", "the code is used up"),
    CodeReason.WRONG_GATE: ("访客码不适用于此门", "the code is not for this gate"),
    CodeReason.PLATE_NEEDED: ("访客码绑定了车牌，而未读到车牌", "the code is bound to a plate, and none was read"),
    CodeReason.WRONG_PLATE: ("车牌与访客码不符", "the code is bound to another plate"),
    CodeReason.LOCKED: ("错误次数过多，暂停输入", "too many wrong codes; the keypad waits"),
    CodeReason.BAD_WINDOW: (
        "结束时间须晚于开始时间且未过去",
        "the end must be later than the begin, and must not have passed",
    ),
    CodeReason.BAD_USES: ("次数应为 1~1000", "the number of entries must be 1 to 1000"),
    CodeReason.BAD_PHONE: ("手机号至少要有四位数字", "a phone number has at least four digits"),
    CodeReason.HOST_LIMIT: ("该户有效访客码已达上限", "this host has as many live codes as allowed"),
    CodeReason.TAKEN: ("这几位数字正由另一个有效访客码使用", "another live code has these digits"),
    CodeReason.SITE_LIMIT: ("全站有效访客码已达上限", "the site has as many live codes as allowed"),
}

PASS_WORDS: dict[PassReason, tuple[str, str]] = {
    PassReason.GRANTED: ("准许通行", "granted"),
    PassReason.MALFORMED: ("不是通行码", "this is no pass"),
    PassReason.UNKNOWN_KEY: ("签发者未知", "unknown issuer"),
    PassReason.BAD_SIGNATURE: ("签名不符", "the signature does not hold"),
    PassReason.REVOKED: ("已撤销", "revoked"),
    PassReason.EARLY: ("尚未生效", "not valid yet"),
    PassReason.LATE: ("已过期", "no longer valid"),
    PassReason.WRONG_GATE: ("不适用于此门", "not for this gate"),
    PassReason.PLATE_NEEDED: ("绑定了车牌，而未读到车牌", "bound to a plate, and none was read"),
    PassReason.WRONG_PLATE: ("车牌不符", "bound to another plate"),
    PassReason.USED_UP: ("次数已用完", "used up"),
    PassReason.HOME_GATE_ONLY: ("计次通行码，请到计次的门", "its uses are counted at another gate; use it there"),
}

SLIP_WORDS: dict[SlipReason, tuple[str, str]] = {
    SlipReason.RELEASED: ("核对一致，放行", "the goods match; let them out"),
    SlipReason.UNKNOWN: ("没有这张放行条", "no such slip"),
    SlipReason.REVOKED: ("放行条已撤销", "the slip was taken back"),
    SlipReason.USED: ("放行条已使用", "the slip was used already"),
    SlipReason.EARLY: ("放行条尚未生效", "the slip is not valid yet"),
    SlipReason.LATE: ("放行条已过期", "the slip is no longer valid"),
    SlipReason.WRONG_PLATE: ("车牌与放行条不符", "the slip is for another vehicle"),
    SlipReason.DIFFERS: ("物品与放行条不符", "the goods differ from the slip"),
    SlipReason.NO_CONSENT: ("缺少业主同意", "the owner's consent is missing"),
    SlipReason.NOT_APPROVED: ("缺少审批人", "nobody approved it"),
    SlipReason.NO_ITEMS: ("须逐项列出物品与数量", "items with their quantities are needed"),
    SlipReason.BAD_WINDOW: ("结束时间须晚于开始时间", "the end must be later than the begin"),
    SlipReason.SPENT: ("该编号的放行条已使用或撤销，请换新编号", "this number was used or taken back; use a new one"),
}
