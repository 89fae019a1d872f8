"""Why would a visitor's code or signed pass open, or not, at a gate at a moment? Core: pure.

The very decision of ``edge.access.visitors``, besides lock-outs, which live in the gateway's memory. Nothing of a code
or a token is repeated.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from edge.access.credentials import CredentialKind
from edge.access.explain import REASON_WORDS, RULE_WORDS, Step
from edge.access.people import Rule, today
from edge.access.plates import AnyReason, Reason
from edge.access.reason_words import CODE_WORDS, PASS_WORDS
from edge.access.visitors import VisitorCase, decide_code, decide_pass, site_objection

HERE_WORDS: dict[AnyReason, tuple[str, str]] = {
    Reason.VISITORS_NOT_HERE: ("此门不接受访客凭证", "visitors' codes and passes do not open this gate"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitorExplanation:
    """The whole answer."""

    granted: bool
    reason: AnyReason
    words: tuple[str, str]
    subject: str
    gate: str
    steps: tuple[Step, ...]

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "granted": self.granted,
            "reason": self.reason.value,
            "zh": self.words[0],
            "en": self.words[1],
            "subject": self.subject,
            "gate": self.gate,
            "steps": [step.as_dict() for step in self.steps],
        }


def explain_visitor(case: VisitorCase) -> VisitorExplanation:
    """What speaks for or against a code or a pass. That a first person has to come is a condition, no objection."""
    needs_first = site_objection(case) is Reason.FIRST_PERSON_NEEDED
    if needs_first:
        opened_on = {case.credential.gate: today(case.settings, case.now)}
        case = replace(case, memory=replace(case.memory, opened_on=opened_on))
    decide = decide_code if case.credential.kind is CredentialKind.CODE else decide_pass
    decision = decide(case).decision
    words = _words(decision.reason)
    verdict = "ok" if decision.granted else "objection"
    steps = [_step(case.credential.kind.value, decision.rule, verdict, decision.reason, ("凭证", "credential"), words)]
    if needs_first:
        reason = Reason.FIRST_PERSON_NEEDED
        rule = Rule.FIRST_PERSON
        steps.insert(0, _step(rule, "", "condition", reason, RULE_WORDS[rule], _words(reason)))
    return VisitorExplanation(
        granted=decision.granted,
        reason=decision.reason,
        words=words,
        subject=decision.subject,
        gate=case.credential.gate,
        steps=tuple(steps),
    )


def _words(reason: AnyReason) -> tuple[str, str]:
    for table in (CODE_WORDS, PASS_WORDS, REASON_WORDS, HERE_WORDS):
        for known, words in table.items():
            if known is reason:
                return words
    return reason.value, reason.value


def _step(rule: str, row: str, verdict: str, reason: AnyReason, name: tuple[str, str], words: tuple[str, str]) -> Step:
    named = f" {row}" if row else ""
    return Step(
        rule=row or rule,
        verdict=verdict,
        reason=reason.value,
        zh=f"{name[0]}{named}：{words[0]}",
        en=f"{name[1]}{named}: {words[1]}",
    )
