"""May this person pass this gate now? Core: a list of rules, each one objection or none.

``decide_person`` is the first objection; ``edge.access.explain`` shows them all, so that both tell the same story.
A denial is a Decision with a reason, never an exception.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from config.model import Site
from edge.access.credentials import Credential, CredentialKind, direction_of
from edge.access.guess_locks import GuessLocks
from edge.access.plates import Decision, Reason
from edge.access.schedules import holds, local
from edge.observations import Now
from sync.records import Inside, Key, Person, Policy

PIN_WAIT_S = 20.0
"""A card waits this long for its PIN."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingCard:
    """A card that was let through by every rule but the PIN."""

    credential: Credential
    since_mono_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingPerson:
    """The first of two people."""

    person: str
    credential: Credential
    since_mono_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessMemory:
    """What decisions leave behind for the next ones. Forgotten with a restart, which only asks people once more."""

    cards: Mapping[str, WaitingCard] = field(default_factory=dict)
    """By reader."""
    firsts: Mapping[str, WaitingPerson] = field(default_factory=dict)
    """First of two people, by gate."""
    opened_on: Mapping[str, int] = field(default_factory=dict)
    """Day (ordinal, local) on which a first person came, by gate."""
    locks: GuessLocks = field(default_factory=GuessLocks)
    """Lock-outs after wrong codes and PINs."""
    clock_trusted: bool = True


class Rule(StrEnum):
    """The rules in their order."""

    KNOWN = "known"
    CONSENT = "consent"
    BLOCKED = "blocked"
    GATE = "gate"
    CLOCK = "clock"
    VALIDITY = "validity"
    SCHEDULE = "schedule"
    SECOND_FACTOR = "second_factor"
    PASSBACK = "anti_passback"
    FIRST_PERSON = "first_person_in"
    TWO_PERSON = "two_person"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Everything that one decision looks at."""

    policy: Policy
    settings: Site
    credential: Credential
    now: Now
    memory: AccessMemory
    key: Key | None
    person: Person | None


_UNKNOWN = {
    CredentialKind.CARD: Reason.UNKNOWN_CARD,
    CredentialKind.PIN: Reason.UNKNOWN_PIN,
    CredentialKind.PHONE: Reason.UNKNOWN_PHONE,
    CredentialKind.FACE: Reason.UNKNOWN_FACE,
}


def decide_person(
    policy: Policy, settings: Site, credential: Credential, gate: str, now: Now, memory: AccessMemory
) -> Decision:
    """Decide for a card, a PIN, a phone or a face; ``memory`` as ``swept`` left it."""
    case = case_of(policy, settings, replace(credential, gate=gate), now, memory)
    reason = next((reason for _, reason in objections(case) if reason is not None), None)
    person = case.person
    if person is None:
        return Decision(False, reason or Reason.UNKNOWN_CARD)
    rule = f"person:{person.id}"
    if reason is not None:
        return Decision(False, reason, person.name, person.place, rule)
    first = memory.firsts.get(gate) if gate in settings.rules.two_person else None
    other = policy.people.get(first.person) if first is not None else None
    subject = f"{other.name} + {person.name}" if other is not None else person.name
    return Decision(True, Reason.PERSON, subject, person.place, rule)


def case_of(policy: Policy, settings: Site, credential: Credential, now: Now, memory: AccessMemory) -> Case:
    """Gather what the rules look at."""
    key = policy.keys.get((credential.kind.value, credential.value))
    whose = credential.value if credential.kind is CredentialKind.FACE else key.person if key is not None else ""
    person = policy.people.get(whose)
    return Case(policy=policy, settings=settings, credential=credential, now=now, memory=memory, key=key, person=person)


def objections(case: Case) -> Iterator[tuple[Rule, Reason | None]]:
    """Every rule with its objection, in order; None where it has none. Ends when nobody is known."""
    for rule, objection in RULES:
        reason = objection(case)
        yield rule, reason
        if rule is Rule.KNOWN and reason is not None:
            return


def duress(case: Case) -> bool:
    """Whether the card, the PIN or the phone is one that calls for help."""
    pin = case.policy.keys.get(("pin", case.credential.pin)) if case.credential.pin else None
    mine = pin is not None and case.person is not None and pin.person == case.person.id
    return (case.key is not None and case.key.duress) or (mine and pin is not None and pin.duress)


def passback(case: Case) -> bool:
    """Whether somebody enters who is inside already, or leaves who never came in."""
    if case.settings.rules.anti_passback == "none" or case.person is None:
        return False
    match direction_of(case.settings, case.credential.gate, case.credential.reader):
        case "in":
            return _inside(case, case.person) is not None
        case "out":
            return f"person:{case.person.id}" not in case.policy.inside
        case _:
            return False


def swept(memory: AccessMemory, settings: Site, now_mono_s: float) -> tuple[AccessMemory, tuple[Credential, ...]]:
    """The memory without what has waited too long, and the credentials that waited in vain."""
    late_cards = {r: c for r, c in memory.cards.items() if now_mono_s - c.since_mono_s > PIN_WAIT_S}
    limit_s = settings.rules.two_person_s
    late_firsts = {g: p for g, p in memory.firsts.items() if now_mono_s - p.since_mono_s > limit_s}
    if not late_cards and not late_firsts:
        return memory, ()
    left = replace(
        memory,
        cards={r: c for r, c in memory.cards.items() if r not in late_cards},
        firsts={g: p for g, p in memory.firsts.items() if g not in late_firsts},
    )
    late = [c.credential for c in late_cards.values()] + [p.credential for p in late_firsts.values()]
    return left, tuple(late)


def learnt(case: Case, decision: Decision) -> AccessMemory:
    """The memory after a decision."""
    memory, credential = case.memory, case.credential
    mono_s = case.now.mono_s
    cards = {r: c for r, c in memory.cards.items() if r != credential.reader}
    firsts = dict(memory.firsts)
    opened_on = dict(memory.opened_on)
    if decision.reason is Reason.AWAITING_PIN:
        cards[credential.reader] = WaitingCard(credential=credential, since_mono_s=mono_s)
    if case.person is not None and decision.reason is Reason.AWAITING_SECOND_PERSON:
        waiting = WaitingPerson(person=case.person.id, credential=credential, since_mono_s=mono_s)
        firsts.setdefault(credential.gate, waiting)
    if decision.granted:
        firsts.pop(credential.gate, None)
        if case.person is not None and case.person.first_person:
            opened_on[credential.gate] = today(case.settings, case.now)
    return replace(memory, cards=cards, firsts=firsts, opened_on=opened_on)


def today(settings: Site, now: Now) -> int:
    """The site's day as a number."""
    return local(now.wall_s, settings.site.timezone).toordinal()


def first_person_missing(settings: Site, gate: str, now: Now, memory: AccessMemory) -> bool:
    """Whether nobody has opened this gate for others today who may do so."""
    return gate in settings.rules.first_person_in and memory.opened_on.get(gate) != today(settings, now)


def _known(case: Case) -> Reason | None:
    return None if case.person is not None else _UNKNOWN.get(case.credential.kind, Reason.UNKNOWN_CARD)


def _consent(case: Case) -> Reason | None:
    """A face opens only while its owner's consent lasts, whatever the eyes still hold."""
    if case.credential.kind is not CredentialKind.FACE or case.person is None:
        return None
    consent = case.policy.consents.get(case.person.id)
    lasts = consent is not None and (consent.until_s is None or case.now.wall_s < consent.until_s)
    return None if lasts else Reason.NO_CONSENT


def _blocked(case: Case) -> Reason | None:
    if case.key is not None and case.key.blocked:
        return Reason.KEY_BLOCKED
    return Reason.PERSON_BLOCKED if case.person is not None and case.person.blocked else None


def _gate(case: Case) -> Reason | None:
    gates = case.person.gates if case.person is not None else ()
    return Reason.WRONG_GATE if gates and case.credential.gate not in gates else None


def _clock(case: Case) -> Reason | None:
    person = case.person
    needs_clock = person is not None and (person.schedule or person.valid_until_s is not None)
    return Reason.CLOCK_UNTRUSTED if needs_clock and not case.memory.clock_trusted else None


def _validity(case: Case) -> Reason | None:
    until_s = case.person.valid_until_s if case.person is not None else None
    return Reason.EXPIRED if until_s is not None and case.now.wall_s >= until_s else None


def _schedule(case: Case) -> Reason | None:
    if case.person is None or not case.person.schedule:
        return None
    schedule = case.settings.schedules.get(case.person.schedule)
    # A schedule that the site file no longer has opens nothing.
    inside = schedule is not None and holds(schedule, case.now.wall_s, case.settings.site.timezone)
    return None if inside else Reason.OUTSIDE_SCHEDULE


def _second_factor(case: Case) -> Reason | None:
    if case.credential.kind is CredentialKind.PIN and case.credential.short:
        return Reason.PIN_NEEDS_CARD
    reader = case.settings.readers.get(case.credential.reader)
    if reader is None or reader.second_factor != "pin" or case.credential.kind is CredentialKind.PHONE:
        return None
    if case.credential.kind is CredentialKind.PIN:
        return Reason.CARD_NEEDED
    if not case.credential.pin:
        return Reason.AWAITING_PIN
    pin = case.policy.keys.get(("pin", case.credential.pin))
    mine = pin is not None and case.person is not None and pin.person == case.person.id and not pin.blocked
    return None if mine else Reason.WRONG_PIN


def _passback(case: Case) -> Reason | None:
    entering = direction_of(case.settings, case.credential.gate, case.credential.reader) == "in"
    # Nobody is ever kept from leaving: at an exit it is only reported.
    enforced = case.settings.rules.anti_passback == "enforce" and entering
    return Reason.PASSBACK if enforced and passback(case) else None


def _first_person(case: Case) -> Reason | None:
    if case.person is None or case.person.first_person:
        return None
    missing = first_person_missing(case.settings, case.credential.gate, case.now, case.memory)
    return Reason.FIRST_PERSON_NEEDED if missing else None


def _two_person(case: Case) -> Reason | None:
    rules = case.settings.rules
    if case.credential.gate not in rules.two_person:
        return None
    first = case.memory.firsts.get(case.credential.gate)
    in_time = first is not None and case.now.mono_s - first.since_mono_s <= rules.two_person_s
    second = in_time and first is not None and case.person is not None and first.person != case.person.id
    return None if second else Reason.AWAITING_SECOND_PERSON


def _inside(case: Case, person: Person) -> Inside | None:
    """Where the person is known to be inside, unless that is too long ago to count."""
    known = case.policy.inside.get(f"person:{person.id}")
    if known is None or case.now.wall_s - known.since_s >= case.settings.rules.anti_passback_reset_s:
        return None
    return known


RULES: tuple[tuple[Rule, Callable[[Case], Reason | None]], ...] = (
    (Rule.KNOWN, _known),
    (Rule.CONSENT, _consent),
    (Rule.BLOCKED, _blocked),
    (Rule.GATE, _gate),
    (Rule.CLOCK, _clock),
    (Rule.VALIDITY, _validity),
    (Rule.SCHEDULE, _schedule),
    (Rule.SECOND_FACTOR, _second_factor),
    (Rule.PASSBACK, _passback),
    (Rule.FIRST_PERSON, _first_person),
    (Rule.TWO_PERSON, _two_person),
)
