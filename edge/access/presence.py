"""Who is inside: pairs of entries and exits, stays, overstays. Core: pure functions of lists and events.

A vehicle, a person or a visitor comes in by one gate and leaves by another; ``Inside`` rows hold those who have not
left. The register (出入登记) is folded from ``register.*`` events, so it says what the chained log says.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from sync.event import Event
from sync.records import Inside, Policy

KINDS = ("vehicle", "person", "visitor")


@dataclass(frozen=True, slots=True)
class Who:
    """Somebody as the register knows them."""

    key: str
    """``vehicle:PLATE``, ``person:ID`` or ``visitor:ID``."""
    name: str

    @property
    def kind(self) -> str:
        """The first word of the key."""
        return self.key.partition(":")[0]


@dataclass(frozen=True, slots=True)
class Expected:
    """Somebody who was let in at a reader, or by a plate, and has not passed yet."""

    who: tuple[Who, ...]
    """One, or two under the two-person rule."""
    reader: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """What the pairing remembers between observations."""

    expected: Mapping[str, Expected] = field(default_factory=dict)
    """Reference of a grant whose passage is still to come -> who."""
    told: frozenset[str] = frozenset()
    """Ids of the entries whose overstay has been reported."""
    check_mono_s: float = 0.0
    """When overstays are looked for next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """One line of the register. A time is None where nobody saw it."""

    key: str
    name: str
    gate_in: str
    in_s: float | None
    gate_out: str
    out_s: float | None
    note: str = ""
    """Why a person corrected the line; empty otherwise."""
    seq: int = 0
    """Number of the event that began the line."""

    @property
    def kind(self) -> str:
        """``vehicle``, ``person`` or ``visitor``."""
        return self.key.partition(":")[0]

    @property
    def at_s(self) -> float:
        """The moment that the line stands at."""
        return self.in_s if self.in_s is not None else self.out_s or 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What is looked for in the register."""

    from_s: float
    until_s: float
    text: str = ""
    """Part of a plate, a name or an id."""
    gate: str = ""
    kind: str = ""


def entering(policy: Policy, who: Who, direction: str) -> bool:
    """Whether a passage is an entry; at a gate for both ways whoever is inside leaves."""
    return direction == "in" or (direction == "both" and who.key not in policy.inside)


def overstays(policy: Policy, overstay_s: float, now_s: float, told: frozenset[str]) -> list[Inside]:
    """Visitors and foreign vehicles that are inside too long and were not reported yet, longest first."""
    found = [
        inside
        for inside in policy.inside.values()
        if now_s - inside.since_s > overstay_s and inside.event_id not in told and _is_visitor(policy, inside.key)
    ]
    return sorted(found, key=lambda inside: inside.since_s)


def stays(events: Iterable[Event]) -> list[Stay]:
    """The register's lines from ``register.*`` events in the order of the log, in the order of their first moment."""
    lines: list[Stay] = []
    open_at: dict[str, int] = {}
    for event in events:
        body = event.data()
        key, at_s = str(body.get("key", "")), event.wall_us / 1e6
        match event.kind:
            case "register.came_in":
                open_at[key] = len(lines)
                gate = str(body["gate"])
                lines.append(
                    Stay(key=key, name=body["name"], gate_in=gate, in_s=at_s, gate_out="", out_s=None, seq=event.seq)
                )
            case "register.went_out" | "register.corrected":
                note = str(body.get("reason", ""))
                at = open_at.pop(key, None)
                if at is None:
                    at = len(lines)
                    lines.append(_unseen_entry(event))
                lines[at] = replace(lines[at], gate_out=str(body.get("gate", "")), out_s=at_s, note=note)
    return sorted(lines, key=lambda line: line.at_s)


def found(lines: Iterable[Stay], search: Search) -> list[Stay]:
    """The lines that touch the time span and match, newest first."""
    text = search.text.casefold()
    return sorted(
        (
            line
            for line in lines
            if line.at_s < search.until_s
            and (line.out_s is None or line.out_s >= search.from_s)
            and (not search.gate or search.gate in (line.gate_in, line.gate_out))
            and (not search.kind or search.kind == line.kind)
            and (not text or text in line.name.casefold() or text in line.key.casefold())
        ),
        key=lambda line: (line.at_s, line.seq),
        reverse=True,
    )


def evacuation(policy: Policy) -> list[Inside]:
    """Everybody who is inside, people before vehicles, by name."""
    order = {"person": 0, "visitor": 1, "vehicle": 2}
    return sorted(policy.inside.values(), key=lambda i: (order.get(i.key.partition(":")[0], 3), i.name, i.key))


def _unseen_entry(event: Event) -> Stay:
    """A line that begins with its end: the entry lies before the events at hand, or nobody saw it."""
    body = event.data()
    since_us = body.get("since_us")
    return Stay(
        key=str(body.get("key", "")),
        name=str(body.get("name", "")),
        gate_in=str(body.get("gate_in", "")),
        in_s=None if since_us is None else since_us / 1e6,
        gate_out="",
        out_s=None,
        seq=event.seq,
    )


def _is_visitor(policy: Policy, key: str) -> bool:
    kind, _, id_ = key.partition(":")
    return kind == "visitor" or (kind == "vehicle" and id_ not in policy.vehicles)
