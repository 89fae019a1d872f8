"""Why would somebody be let in or refused at a gate at a moment? Core: pure.

People: the very rules of ``access_people``, all of them instead of the first objection. Plates: what each row says by
itself, and the decision itself. What only the moment at the gate can tell (the PIN, a second person, whether a first
person has come) is a condition, not an objection.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from config.model import Site
from edge.access.credentials import Credential, CredentialKind
from edge.access.people import AccessMemory, Case, Rule, objections
from edge.access.plates import AnyReason, Reason, decide, looked_at
from edge.observations import Now
from sync.records import Key, Person, Policy

CONDITIONS = frozenset({Reason.AWAITING_PIN, Reason.AWAITING_SECOND_PERSON, Reason.FIRST_PERSON_NEEDED})

RULE_WORDS: dict[str, tuple[str, str]] = {
    Rule.KNOWN: ("是否登记", "is registered"),
    Rule.CONSENT: ("人脸同意书", "consent to face recognition"),
    Rule.BLOCKED: ("是否停用", "is not blocked"),
    Rule.GATE: ("能否使用此门", "may use this gate"),
    Rule.CLOCK: ("时钟是否可信", "the clock can be trusted"),
    Rule.VALIDITY: ("是否在有效期内", "is still valid"),
    Rule.SCHEDULE: ("是否在允许时段", "within the permitted hours"),
    Rule.SECOND_FACTOR: ("第二因素", "second factor"),
    Rule.PASSBACK: ("防折返", "anti-passback"),
    Rule.FIRST_PERSON: ("首人规则", "first person in"),
    Rule.TWO_PERSON: ("双人规则", "two people"),
    "vehicle": ("业主车辆", "owner's vehicle"),
    "booking": ("预约", "booking"),
    "lane": ("车道本身", "the lane itself"),
    "": ("名单", "the lists"),
}
REASON_WORDS: dict[AnyReason, tuple[str, str]] = {
    Reason.OWNER: ("业主车辆", "owner's vehicle"),
    Reason.BOOKING: ("预约车辆", "booked vehicle"),
    Reason.ANYONE: ("此车道不限车辆", "this lane admits anyone"),
    Reason.PERSON: ("登记人员", "registered person"),
    Reason.BLOCKED: ("车辆被列入禁止名单", "vehicle is blocked"),
    Reason.NOT_YET_VALID: ("登记尚未生效", "not valid yet"),
    Reason.EXPIRED: ("登记已过期", "no longer valid"),
    Reason.WRONG_LANE: ("不可走此车道", "may not use this lane"),
    Reason.BOOKING_EARLY: ("早于预约时间", "before the booked time"),
    Reason.BOOKING_LATE: ("已过预约时间", "after the booked time"),
    Reason.BOOKING_USED_UP: ("预约次数已用完", "booking is used up"),
    Reason.BOOKING_CANCELLED: ("预约已取消", "booking was cancelled"),
    Reason.UNKNOWN_PLATE: ("不在名单中，也没有预约", "on no list, not booked"),
    Reason.NOT_ADMITTED: ("此车道不自动放行该类车辆", "this lane does not admit it by itself"),
    Reason.UNKNOWN_FACE: ("不认识此人脸", "unknown face"),
    Reason.FACE_UNSURE: ("人脸未能确认", "the look was not sure"),
    Reason.NO_CONSENT: ("没有有效的人脸同意书", "no valid consent to face recognition"),
    Reason.UNKNOWN_CARD: ("卡未登记", "unknown card"),
    Reason.KEY_BLOCKED: ("此卡、密码或手机已停用", "this card, PIN or phone is blocked"),
    Reason.PERSON_BLOCKED: ("此人已被停用", "this person is blocked"),
    Reason.WRONG_GATE: ("无权使用此门", "may not use this gate"),
    Reason.OUTSIDE_SCHEDULE: ("不在允许时段", "outside the permitted hours"),
    Reason.PASSBACK: ("已在内部，不可再次进入", "inside already; may not enter again"),
    Reason.AWAITING_PIN: ("刷卡后等待密码", "waiting for the PIN after the card"),
    Reason.FIRST_PERSON_NEEDED: ("须首人先开", "a first person has to come first"),
    Reason.AWAITING_SECOND_PERSON: ("双人规则：等待第二人", "two people are needed; waiting for the second"),
}
"""The page's sentences for what can be explained; a test holds the two together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One rule that was looked at."""

    rule: str
    verdict: str
    """``ok``, ``condition`` or ``objection``."""
    reason: str
    zh: str
    en: str

    def as_dict(self) -> dict[str, str]:
        """JSON-ready."""
        return {"rule": self.rule, "verdict": self.verdict, "reason": self.reason, "zh": self.zh, "en": self.en}


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The whole answer."""

    granted: bool
    reason: AnyReason
    subject: str
    gate: str
    steps: tuple[Step, ...]

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        zh, en = REASON_WORDS[self.reason]
        return {
            "granted": self.granted,
            "reason": self.reason.value,
            "zh": zh,
            "en": en,
            "subject": self.subject,
            "gate": self.gate,
            "steps": [step.as_dict() for step in self.steps],
        }


def explain_plate(policy: Policy, settings: Site, plate: str, lane: str, now_s: float) -> Explanation:
    """Every row that speaks of a plate at a lane, and the decision."""
    lane_settings = settings.lanes[lane]
    decision = decide(policy, plate, lane, lane_settings, now_s)
    steps = []
    for found in looked_at(policy, plate, lane, lane_settings, now_s):
        steps.append(_step(found.rule.partition(":")[0], found.rule, found.reason, "ok" if found.granted else ""))
    return Explanation(
        granted=decision.granted, reason=decision.reason, subject=decision.subject, gate=lane, steps=tuple(steps)
    )


def explain_card(policy: Policy, settings: Site, uid: str, gate: str, now: Now) -> Explanation:
    """Every rule for a card."""
    key = policy.keys.get(("card", uid.upper()))
    person = policy.people.get(key.person) if key is not None else None
    return _explain(policy, settings, gate, now, key, person)


def explain_person(policy: Policy, settings: Site, person_id: str, gate: str, now: Now) -> Explanation:
    """Every rule for somebody, whatever they carry."""
    return _explain(policy, settings, gate, now, None, policy.people.get(person_id))


def reader_of(settings: Site, gate: str) -> str:
    """The reader that a card would be shown to; empty when the gate has none."""
    kinds = ("osdp", "keypad", "qr-serial", "qr-camera", "ble")
    found = [name for name, reader in settings.readers.items() if gate in (reader.lane, reader.door)]
    return min(found, key=lambda name: kinds.index(settings.readers[name].kind), default="")


def _explain(
    policy: Policy, settings: Site, gate: str, now: Now, key: Key | None, person: Person | None
) -> Explanation:
    value = key.value if key is not None else ""
    credential = Credential(kind=CredentialKind.CARD, value=value, gate=gate, reader=reader_of(settings, gate))
    case = Case(
        policy=policy, settings=settings, credential=credential, now=now, memory=AccessMemory(), key=key, person=person
    )
    looked = list(objections(case))
    hard = next((reason for _, reason in looked if reason is not None and reason not in CONDITIONS), None)
    steps = tuple(_step(rule, "", reason, "ok" if reason is None else "") for rule, reason in looked)
    return Explanation(
        granted=hard is None,
        reason=hard or Reason.PERSON,
        subject=person.name if person is not None else "",
        gate=gate,
        steps=steps,
    )


def _step(rule: str, row: str, reason: AnyReason | None, verdict: str) -> Step:
    zh, en = RULE_WORDS[rule]
    why_zh, why_en = REASON_WORDS[reason] if reason is not None else ("", "")
    named = f" {row}" if row else ""
    return Step(
        rule=row or rule,
        verdict=verdict or ("condition" if reason in CONDITIONS else "objection"),
        reason=reason.value if reason is not None else "",
        zh=f"{zh}{named}" + (f"：{why_zh}" if why_zh else ""),
        en=f"{en}{named}" + (f": {why_en}" if why_en else ""),
    )
