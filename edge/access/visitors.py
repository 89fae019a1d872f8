"""May this visitor pass this gate now, by a code or a signed pass? Core: joins the site's rules to codes and passes."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from config.model import Site
from edge.access.credentials import Credential, direction_of
from edge.access.guess_locks import after_right, after_wrong, locked_for_s, rules_of
from edge.access.passes import Keyring, Pass, genuine
from edge.access.passes import check as check_pass
from edge.access.people import AccessMemory, first_person_missing
from edge.access.plates import Decision, Reason
from edge.access.presence import Who
from edge.access.visitor_codes import CodeDecision, CodeReason, code_hmac, enter
from edge.access.visitor_codes import check as check_code
from edge.observations import Now
from sync.records import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """What codes, PINs and passes are checked with; loaded at the start, never shown."""

    pepper: bytes = field(default=b"", repr=False)
    pass_keys: Keyring = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitorCase:
    """Everything that one decision looks at."""

    policy: Policy
    settings: Site
    secrets: Secrets
    credential: Credential
    plate: str
    """Plate read at the gate; empty for none."""
    now: Now
    memory: AccessMemory


@dataclass(frozen=True, slots=True)
class VisitorVerdict:
    """The decision, who it is for, and what it leaves in memory."""

    decision: Decision
    memory: AccessMemory
    who: Who | None = None
    locked: str = ""
    """What this wrong entry locked: ``keypad`` or ``site``."""
    retry_after_s: float = 0.0


def decide_code(case: VisitorCase) -> VisitorVerdict:
    """Decide for a typed or shown visitor code under the lock-outs of its reader."""
    objection = site_objection(case)
    if objection is not None:
        return VisitorVerdict(Decision(False, objection), case.memory)

    def checked() -> CodeDecision:
        if not case.secrets.pepper:
            return CodeDecision(False, CodeReason.UNKNOWN)
        return check_code(
            case.policy,
            case.secrets.pepper,
            case.credential.value,
            case.credential.gate,
            case.plate,
            case.now.wall_s,
            entering=_enters(case, _code_id(case)),
        )

    rules = rules_of(case.settings.passes)
    found, locks = enter(case.memory.locks, rules, case.credential.reader, case.now.mono_s, checked)
    memory = replace(case.memory, locks=locks)
    code = found.code
    if code is None:
        return VisitorVerdict(Decision(False, found.reason), memory, None, found.locked, found.retry_after_s)
    decision = Decision(found.granted, found.reason, code.visitor, code.host, f"code:{code.id}", found.changes)
    who = Who(f"visitor:{code.id}", code.visitor)
    return VisitorVerdict(decision, memory, who, found.locked, found.retry_after_s)


def decide_pass(case: VisitorCase) -> VisitorVerdict:
    """Decide for a signed pass; a text that is none is refused like any other."""
    objection = site_objection(case)
    if objection is not None:
        return VisitorVerdict(Decision(False, objection), case.memory)
    settings = case.settings
    gates = {n: i for n, i in settings.passes.gates.items() if n in settings.lanes or n in settings.doors}
    known = genuine(case.credential.value, case.secrets.pass_keys)
    found = check_pass(
        case.credential.value,
        case.secrets.pass_keys,
        gate=gates.get(case.credential.gate, 0),
        plate=case.plate,
        now_s=case.now.wall_s,
        spent=case.policy.spent_passes,
        counted=frozenset(gates.values()),
        entering=_enters(case, known.id if isinstance(known, Pass) else ""),
    )
    if found.pass_ is None:
        return VisitorVerdict(Decision(False, found.reason), case.memory)
    decision = Decision(found.granted, found.reason, "", "", f"pass:{found.pass_.id}", found.changes)
    return VisitorVerdict(decision, case.memory, Who(f"visitor:{found.pass_.id}", ""))


def site_objection(case: VisitorCase) -> Reason | None:
    """What speaks against any visitor at this gate now."""
    if not case.memory.clock_trusted:
        return Reason.CLOCK_UNTRUSTED
    if case.credential.gate in case.settings.rules.two_person:
        return Reason.VISITORS_NOT_HERE
    missing = first_person_missing(case.settings, case.credential.gate, case.now, case.memory)
    return Reason.FIRST_PERSON_NEEDED if missing else None


def locked_s(memory: AccessMemory, reader: str, now: Now) -> float:
    """How long this reader looks at no code and no PIN; 0 when it does."""
    return locked_for_s(memory.locks, reader, now.mono_s)


def guessed(settings: Site, memory: AccessMemory, reader: str, now: Now) -> tuple[AccessMemory, str, float]:
    """A wrong PIN counts like a wrong code: the memory, what it locked and for how long."""
    locks, scope = after_wrong(memory.locks, reader, rules_of(settings.passes), now.mono_s)
    return replace(memory, locks=locks), scope, locked_for_s(locks, reader, now.mono_s)


def right(memory: AccessMemory, reader: str) -> AccessMemory:
    """A right PIN ends the row of wrong ones at its reader."""
    return replace(memory, locks=after_right(memory.locks, reader))


def _code_id(case: VisitorCase) -> str:
    typed = case.credential.value
    if not typed.isascii() or not case.secrets.pepper:
        return ""
    code = case.policy.codes.get(code_hmac(case.secrets.pepper, typed))
    return code.id if code is not None else ""


def _enters(case: VisitorCase, id_: str) -> bool:
    """Whoever was let in is let out; at a gate for both ways whoever is inside leaves."""
    match direction_of(case.settings, case.credential.gate, case.credential.reader):
        case "in":
            return True
        case "out":
            return False
        case _:
            return f"visitor:{id_}" not in case.policy.inside
