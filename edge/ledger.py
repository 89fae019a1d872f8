"""The equipment ledger (设备台账): uptime, flaps, errors, slower strokes, maintenance due. Core: folds of events.

Everything is derived from the chained log, so that the share of working equipment (技防设备完好率) can be checked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median

from config.model_gate import Equipment
from sync.event import Event

STATES = ("camera.", "link.", "reader.", "lane.off", "lane.on", "lane.fault", "door.off", "door.on", "system.")
"""Kinds that say what works; read from before the span too, since a device may have worked for months in silence."""
WORK = ("lane.opening", "lane.opened", "command.")
"""Kinds that say how well it works."""
CARE = ("equipment.",)
DOWN = frozenset({"camera.lost", "link.lost", "reader.lost", "lane.offline", "lane.fault", "door.offline"})
UP = frozenset({"camera.back", "link.back", "reader.back", "lane.online", "lane.fault_cleared", "door.online"})
FLAPS_S = 24 * 3600.0
FLAPS_WARN = 4
"""Losses within a day from which on a link is about to go for good."""
ERRORS_WARN, COMMANDS_MIN = 0.05, 20
STROKES_MIN, SLOWER_WARN, SLOWER_MIN_S = 12, 1.25, 0.3
"""Strokes needed for a trend; warned when the late third takes a quarter longer, and at least 0.3 s."""
STROKE_MAX_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """What is looked at, Unix seconds."""

    from_s: float
    until_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """How one piece of equipment did in a span."""

    up: bool | None
    """Now; None when nothing was heard of it."""
    uptime: float | None
    """Share of the observed time in which it worked; None when it was never observed."""
    losses: int
    flaps: int
    """Losses in the last day of the span."""
    commands: int
    errors: int
    stroke_s: float | None
    """Median opening time of the latest third of the strokes."""
    stroke_before_s: float | None
    maintained_on: date | None


@dataclass(frozen=True, slots=True)
class Foreboding:
    """Something to see to before it fails."""

    kind: str
    zh: str
    en: str


def figures(device: str, name: str, events: Iterable[Event], span: Span) -> Figures:
    """Fold the log for one device (``lane:east``) whose entry in the ledger has this name."""
    mine = [event for event in events if event.wall_us < span.until_s * 1e6]
    own = [event for event in mine if event.source == device]
    uptime, up = _uptime(device, mine, span)
    lost_s = [e.wall_us / 1e6 for e in own if e.kind in DOWN and e.wall_us >= span.from_s * 1e6]
    done = sum(e.kind == "command.done" for e in own)
    failed = sum(e.kind == "command.failed" for e in own)
    before_s, after_s = _trend(_strokes(own))
    return Figures(
        up=up,
        uptime=uptime,
        losses=len(lost_s),
        flaps=sum(at_s >= span.until_s - FLAPS_S for at_s in lost_s),
        commands=done + failed,
        errors=failed,
        stroke_s=after_s,
        stroke_before_s=before_s,
        maintained_on=_maintained(name, mine),
    )


def due_on(entry: Equipment, maintained_on: date | None) -> date | None:
    """When maintenance is due next; None without a plan or a day to count from."""
    last = max((day for day in (entry.installed, maintained_on) if day is not None), default=None)
    if entry.maintenance_days is None or last is None:
        return None
    return last + timedelta(days=entry.maintenance_days)


def warnings_of(entry: Equipment, found: Figures, today: date) -> tuple[Foreboding, ...]:
    """What should be seen to before it fails."""
    given: list[Foreboding] = []
    if found.flaps >= FLAPS_WARN:
        times = found.flaps
        given.append(
            Foreboding("flaps", f"一天内断线 {times} 次，请检查线路与电源", f"lost {times} times within a day")
        )
    if found.commands >= COMMANDS_MIN and found.errors / found.commands >= ERRORS_WARN:
        share = f"{found.errors / found.commands:.0%}"
        given.append(Foreboding("errors", f"命令失败率 {share}，请检查接线", f"{share} of the commands failed"))
    if slower(found.stroke_before_s, found.stroke_s):
        text = f"{found.stroke_before_s:.1f} → {found.stroke_s:.1f} s"
        given.append(Foreboding("slower", f"开闸变慢：{text}，请检查机芯", f"opens more slowly: {text}"))
    due = due_on(entry, found.maintained_on)
    if due is not None and today >= due:
        given.append(Foreboding("maintenance", f"维保已到期（{due}）", f"maintenance is due since {due}"))
    return tuple(given)


def slower(before_s: float | None, after_s: float | None) -> bool:
    """Whether the strokes have become notably slower."""
    if before_s is None or after_s is None:
        return False
    return after_s >= before_s * SLOWER_WARN and after_s - before_s >= SLOWER_MIN_S


def share_working(shares: Sequence[float | None]) -> float | None:
    """Uptime of the whole site: the mean over what was observed; None when nothing was."""
    known = [share for share in shares if share is not None]
    return sum(known) / len(known) if known else None


def _uptime(device: str, events: Sequence[Event], span: Span) -> tuple[float | None, bool | None]:
    """Share of the observed time that it worked, and its state at the end.

    Time in which the gateway was stopped, and after its start until the first word of a device, is not observed.
    """
    state: bool | None = None
    since_s, up_s, seen_s, last_s = span.from_s, 0.0, 0.0, span.from_s
    for event in events:
        at_s = min(max(event.wall_us / 1e6, since_s), span.until_s)
        after = _state_after(device, event, state)
        if after is not state:
            # A start says that nothing was known since the last line that the gateway wrote.
            end_s = last_s if event.kind == "system.started" else at_s
            up_s, seen_s = _counted(state, since_s, max(end_s, since_s), up_s, seen_s)
            state, since_s = after, at_s
        last_s = max(last_s, at_s)
    up_s, seen_s = _counted(state, since_s, span.until_s, up_s, seen_s)
    return (up_s / seen_s if seen_s > 0 else None), state


def _state_after(device: str, event: Event, state: bool | None) -> bool | None:
    if event.kind in ("system.started", "system.stopped"):
        return None
    if event.source != device:
        return state
    return False if event.kind in DOWN else True if event.kind in UP else state


def _counted(state: bool | None, since_s: float, until_s: float, up_s: float, seen_s: float) -> tuple[float, float]:
    if state is None:
        return up_s, seen_s
    length_s = max(0.0, until_s - since_s)
    return up_s + (length_s if state else 0.0), seen_s + length_s


def _strokes(events: Iterable[Event]) -> list[float]:
    """Seconds from ``lane.opening`` to ``lane.opened`` of the same grant, by the monotonic clock of one boot."""
    strokes: list[float] = []
    begun: Event | None = None
    for event in events:
        if event.kind == "lane.opening":
            begun = event
        elif event.kind == "lane.opened" and begun is not None:
            took_s = (event.mono_ns - begun.mono_ns) / 1e9
            if event.boot_id == begun.boot_id and 0 < took_s <= STROKE_MAX_S:
                strokes.append(took_s)
            begun = None
        elif event.kind in DOWN:
            begun = None
    return strokes


def _trend(strokes: Sequence[float]) -> tuple[float | None, float | None]:
    """Median of the first and of the last third."""
    if len(strokes) < STROKES_MIN:
        return None, None
    third = len(strokes) // 3
    return median(strokes[:third]), median(strokes[-third:])


def _maintained(name: str, events: Iterable[Event]) -> date | None:
    """The latest day of maintenance on record."""
    days: list[date] = []
    for event in events:
        if event.kind == "equipment.maintained" and event.data().get("equipment") == name:
            days.append(date.fromisoformat(str(event.data()["on"])))
    return max(days, default=None)
