"""Who may be enrolled with their face, and with what. Core: pure; a refusal is a value with its sentence.

Sources: 《人脸识别技术应用安全管理办法》 (in force 2025-06-01) and PIPL articles 13, 28 to 31: separate consent for a
stated purpose, a guardian's for a child under fourteen, the shortest retention (docs/faces.md).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from types import MappingProxyType

from sync.records import Change, Consent, Policy, PutConsent, PutFace
from vision.faces.words import PROBLEMS

ADULT_FOR_CONSENT_YEARS = 14
TEMPLATES_MAX = 5
"""Of one person; more pictures add little, and every template is one more chance for a stranger."""
NEGATIVES_MAX = 5
SELF = "self"
CLOCKS_DIFFER_S = 300.0
NEAR_SHARE = 0.9
"""From this share of the filing limit on people are warned."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why somebody or something is not enrolled."""

    key: str
    """Of ``REFUSALS`` or of ``vision.faces.words``."""
    about: str = ""
    """Whom or what it is about: a name, never a template."""

    @property
    def zh(self) -> str:
        return self._said(0)

    @property
    def en(self) -> str:
        return self._said(1)

    def _said(self, language: int) -> str:
        if self.key in REFUSALS:
            return REFUSALS[self.key][language].format(about=self.about)
        found = PROBLEMS.get(self.key)
        return self.key if found is None else (found.zh, found.en)[language]


REFUSALS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "face_unknown_person": ("名单中没有此人，请先登记", "there is no such person; add them first"),
        "face_no_consent": (
            "没有此人的人脸识别单独同意，请先记录同意",
            "there is no separate consent of this person to face recognition; record it first",
        ),
        "face_consent_over": ("人脸识别同意已到期，请重新取得同意", "the consent has ended; ask for it anew"),
        "face_purpose": ("请写明使用人脸的目的", "say what the face is used for"),
        "face_guardian": (
            "未满十四周岁，须由父母或监护人同意，请填写其姓名",
            "under fourteen a parent or guardian must consent; give their name",
        ),
        "face_given_by": ("请填写谁表示同意：本人或监护人姓名", "say who consents: the person, or the guardian's name"),
        "face_consent_future": (
            "同意的时间在将来，请检查日期和时钟",
            "the consent lies in the future; check the clock",
        ),
        "face_born": ("出生日期在将来", "the date of birth lies in the future"),
        "face_templates_full": (
            f"此人已有 {TEMPLATES_MAX} 个人脸模板，请先删除旧的",
            f"this person has {TEMPLATES_MAX} templates already; remove the old ones first",
        ),
        "face_negatives_full": (
            f"此人已有 {NEGATIVES_MAX} 个“非本人”记录",
            f"this person has {NEGATIVES_MAX} look-alikes already",
        ),
        "face_alike": (
            "与已登记的 {about} 相像，请核对身份；确为两人请注明后再登记",
            "this looks like {about}, who is enrolled; check who this is, and say so if they are two people",
        ),
        "face_not_alike": (
            "此人与本人并不相像，无需登记为“非本人”",
            "this does not look like the person at all, so there is nothing to tell apart",
        ),
        "face_differs": (
            "与此人的其他照片不像同一个人，未采用",
            "this does not look like the person of the other pictures, so it was not taken",
        ),
        "face_no_template": ("没有得到人脸模板，请重试", "no template came back; try again"),
    }
)
"""zh and en by key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentWish:
    """What the desk writes down when somebody consents; the date of birth is looked at and not kept."""

    purpose: str
    given_by: str = SELF
    """``self``, or the name of the parent or guardian."""
    born: date | None = None
    under_14: bool = False
    """Where the date of birth is not told."""
    given_at_s: float | None = None
    until_s: float | None = None


def consent_of(
    wish: ConsentWish, person: str, recorded_by: str, now_s: float, *, leaves_s: float | None = None
) -> Consent | Refusal:
    """The row of a consent. A guardian's ends on the fourteenth birthday: from then on the person decides.

    ``leaves_s``: when the person themselves ends in the lists; no consent outlasts that.
    """
    given_by, purpose = wish.given_by.strip(), wish.purpose.strip()
    today = datetime.fromtimestamp(now_s, UTC).date()
    given_at_s = now_s if wish.given_at_s is None else wish.given_at_s
    until_s = _earlier(wish.until_s, leaves_s)
    if not purpose:
        return Refusal("face_purpose")
    if not given_by:
        return Refusal("face_given_by")
    if wish.born is not None and wish.born > today:
        return Refusal("face_born")
    grown_up = None if wish.born is None else fourteenth_birthday(wish.born)
    minor = wish.under_14 or (grown_up is not None and grown_up > today)
    if minor and given_by.casefold() in (SELF, "本人"):
        return Refusal("face_guardian")
    if minor and grown_up is not None:
        ends_s = datetime(grown_up.year, grown_up.month, grown_up.day, tzinfo=UTC).timestamp()
        until_s = _earlier(until_s, ends_s)
    if given_at_s > now_s + CLOCKS_DIFFER_S:
        return Refusal("face_consent_future")
    if until_s is not None and until_s <= now_s:
        return Refusal("face_consent_over")
    return Consent(
        person=person,
        purpose=purpose,
        given_by=SELF if given_by == "本人" else given_by,
        given_at_s=given_at_s,
        recorded_by=recorded_by,
        until_s=until_s,
    )


def _earlier(one: float | None, other: float | None) -> float | None:
    """The earlier of two ends, of which each may be open."""
    return min((end for end in (one, other) if end is not None), default=None)


def fourteenth_birthday(born: date) -> date:
    """Somebody born on 29 February is fourteen on 1 March."""
    try:
        return born.replace(year=born.year + ADULT_FOR_CONSENT_YEARS)
    except ValueError:
        return date(born.year + ADULT_FOR_CONSENT_YEARS, 3, 1)


def consent_ended(consent: Consent, now_s: float) -> bool:
    """Whether its time is over."""
    return consent.until_s is not None and consent.until_s <= now_s


def may_enrol(policy: Policy, person: str, now_s: float, *, negative: bool = False) -> Refusal | None:
    """What speaks against one more template of somebody, whatever the picture shows."""
    if person not in policy.people:
        return Refusal("face_unknown_person")
    consent = policy.consents.get(person)
    if consent is None:
        return Refusal("face_no_consent")
    if consent_ended(consent, now_s):
        return Refusal("face_consent_over")
    if not negative and policy.faces.get(person, 0) >= TEMPLATES_MAX:
        return Refusal("face_templates_full")
    return None


def picture_will_do(
    policy: Policy, person: str, problem: str, matches: Sequence[str], *, negative: bool = False, twins: bool = False
) -> Refusal | None:
    """What speaks against a picture: its quality, or that it shows somebody who is enrolled under another name.

    ``matches`` are people who look the same; ``twins``: the desk has checked that they are two people. A look-alike
    must look like the person that it is not.
    """
    if problem:
        return Refusal(problem)
    if negative:
        return None if person in matches else Refusal("face_not_alike")
    others = [other for other in matches if other != person]
    if others and not twins:
        return Refusal("face_alike", "、".join(name_of(policy, other) for other in others[:3]))
    return None


def name_of(policy: Policy, person: str) -> str:
    """Somebody as the desk knows them."""
    row = policy.people.get(person)
    return person if row is None else f"{row.name} ({person})"


def change_refused(policy: Policy, change: Change, now_s: float) -> Refusal | None:
    """The last look before a change is carried out: what held when the desk asked may be over."""
    match change:
        case PutConsent(consent):
            if consent.person not in policy.people:
                return Refusal("face_unknown_person")
            return Refusal("face_consent_over") if consent_ended(consent, now_s) else None
        case PutFace(face):
            return may_enrol(policy, face.person, now_s, negative=face.negative)
        case _:
            return None


@dataclass(frozen=True, slots=True)
class Filing:
    """How near the number enrolled is to the number that must be filed with the authority."""

    enrolled: int
    limit: int
    due: bool
    """The limit is reached: filing within thirty working days."""

    @property
    def zh(self) -> str:
        if self.due:
            return f"已登记人脸 {self.enrolled} 人，达到 {self.limit} 人：须在 30 个工作日内向网信部门备案"
        return f"已登记人脸 {self.enrolled} 人，接近备案人数 {self.limit}"

    @property
    def en(self) -> str:
        if self.due:
            return f"{self.enrolled} faces enrolled, {self.limit} reached: file this within 30 working days"
        return f"{self.enrolled} faces enrolled, near the filing limit of {self.limit}"


def filing(enrolled: int, limit: int) -> Filing | None:
    """The warning that holds for this number; None while it is far from the limit."""
    if enrolled < near(limit):
        return None
    return Filing(enrolled, limit, due=enrolled >= limit)


def filing_crossed(before: int, after: int, limit: int) -> Filing | None:
    """The warning that begins to hold as the number grows from one to the other."""
    return filing(after, limit) if any(before < line <= after for line in (near(limit), limit)) else None


def near(limit: int) -> int:
    """The number from which on people are warned."""
    return max(1, round(limit * NEAR_SHARE))
