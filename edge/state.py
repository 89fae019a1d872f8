"""What the hub knows at this moment. Core: frozen data, replaced and never changed.

Rebuilt after a restart: lanes from the inputs' read-back, alarms and the fire latch from the log, lists from the
store. Visitors in front of a lane are forgotten on purpose; the eyes see them again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from config.model import Site as Settings
from edge.access.credentials import Credential
from edge.access.people import AccessMemory
from edge.access.plates import Decision
from edge.access.presence import Presence, Who
from edge.access.visitors import Secrets
from edge.alarms.model import Alarm, CallBack, Closed, Flood, Shelf
from edge.duty.model import DutyView
from edge.lanes.machine import Lane, LaneRules
from edge.patrol.model import PatrolView
from edge.push.fold import Told
from edge.selftest.model import SelfTests
from edge.state_gate import DoorView, InputView, SirenView, doors_of
from edge.state_watch import WatchView
from sync.records import Policy
from vision.observations import CameraStats, PlateCandidate


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """A vehicle in front of a lane that was not let in by rule: it waits for the guard."""

    visit: str
    camera: str
    text: str
    confidence: float
    outcome: str
    color: str
    candidates: tuple[PlateCandidate, ...]
    reason: str
    subject: str
    place: str
    rule: str
    picture: str | None
    """SHA-256 of the stored picture."""
    since_s: float
    since_mono_s: float
    captured_mono_s: float
    read_mono_s: float
    direction: str = "unknown"
    carried_by: str = "unknown"
    """As in ``PlateSeen``."""
    gone_mono_s: float | None = None
    """When it left the picture; it stays on the list for a while."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """The last decision at a lane, for the page and to know the same car again."""

    text: str
    who: str
    place: str
    decision: str
    reason: str
    at_s: float
    at_mono_s: float
    picture: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneView:
    """A lane: its machine, and who stands before it."""

    machine: Lane
    rules: LaneRules
    approach: bool | None = None
    approached_mono_s: float | None = None
    """When the approach sensor last saw something."""
    arrived_mono_s: float | None = None
    """Since when it sees a vehicle of which nothing is known; None when it sees none, or the guard was told."""
    visitors: tuple[Visitor, ...] = ()
    last: Passage | None = None
    granted: Mapping[str, str] = field(default_factory=dict)
    """Reference of a grant in the machine's queue -> plate."""
    scheduled: Literal["", "held", "released"] = ""
    """Inside an opening schedule: held by it, or released by a person until the schedule begins anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraView:
    """A camera as the hub knows it."""

    up: bool | None = None
    fault: str = ""
    detail: str = ""
    since_s: float = 0.0
    stats: CameraStats | None = None
    fps: float = 0.0
    impaired: str = ""
    """What is wrong with the view of a camera that delivers (covered, moved, blurred, slow); empty when nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardView:
    """A relay board and its last input levels; ``levels`` None while unknown."""

    up: bool | None = None
    levels: tuple[bool, ...] | None = None
    at_mono_s: float = 0.0
    since_s: float = 0.0
    cause: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderView:
    """A reader as the hub knows it; ``up`` None before its first word."""

    up: bool | None = None
    since_s: float = 0.0
    cause: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingOpen:
    """A command to a lane, a door or a siren on its way, to measure it and to know whose it was."""

    lane: str
    """Empty when it is for a door or a siren."""
    reference: str
    expires_mono_s: float
    decided_mono_s: float
    captured_mono_s: float | None = None
    read_mono_s: float | None = None
    door: str = ""
    siren: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingUse:
    """A grant that uses something up: it opens once its event is on disk, or goes to the guard."""

    gate: str
    decision: Decision
    since_mono_s: float
    credential: Credential | None = None
    """None for a vehicle that a camera read."""
    visitor: Visitor | None = None
    who: tuple[Who, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """The whole site in memory."""

    settings: Settings
    run_id: str
    """Random per start; makes ids unique over restarts while ``react`` stays pure."""
    counter: int = 0
    policy: Policy = field(default_factory=Policy)
    lanes: Mapping[str, LaneView] = field(default_factory=dict)
    cameras: Mapping[str, CameraView] = field(default_factory=dict)
    boards: Mapping[str, BoardView] = field(default_factory=dict)
    doors: Mapping[str, DoorView] = field(default_factory=dict)
    inputs: Mapping[str, InputView] = field(default_factory=dict)
    sirens: Mapping[str, SirenView] = field(default_factory=dict)
    readers: Mapping[str, ReaderView] = field(default_factory=dict)
    alarms: Mapping[str, Alarm] = field(default_factory=dict)
    """Open alarms by id."""
    shelves: Mapping[tuple[str, str], Shelf] = field(default_factory=dict)
    """Conditions (kind, source) that a person has set aside for a while."""
    call_backs: Mapping[str, CallBack] = field(default_factory=dict)
    """Closed alarms whose reporter waits for a call, by alarm."""
    recent: Mapping[tuple[str, str], Closed] = field(default_factory=dict)
    """Conditions whose alarm closed by itself a moment ago."""
    flood: Flood = field(default_factory=Flood)
    duty: DutyView = field(default_factory=DutyView)
    """Shifts, handings-over, night checks."""
    patrol: PatrolView = field(default_factory=PatrolView)
    """Rounds that are due, under way or just over."""
    told: Told = frozenset()
    """What channels have delivered of the alarms that a restart found open; looked at once."""
    selftests: SelfTests = field(default_factory=SelfTests)
    watch: WatchView = field(default_factory=WatchView)
    """Falls, blocked lanes, loiterers."""
    commands: Mapping[str, PendingOpen] = field(default_factory=dict)
    uses: Mapping[str, WaitingUse] = field(default_factory=dict)
    """Grants that wait for the disk, by the reference of their event."""
    fire_active: bool | None = False
    fire_latched: bool = False
    eyes_up: bool = False
    eyes_rss_mb: float = 0.0
    log_ok: bool = True
    lost_holds: tuple[str, ...] = ()
    """Lanes whose hold the last run could not end; told once at the start."""
    secrets: Secrets = field(default_factory=Secrets, repr=False)
    access: AccessMemory = field(default_factory=AccessMemory)
    presence: Presence = field(default_factory=Presence)
    wall_floor_s: float = 0.0
    """Newest time in the log at the start; a clock before it is plainly wrong."""
    https_told: int = 0
    """What was told of the page's certificate: 1 a month is left, 2 a week."""
    wall_minus_mono_s: float | None = None
    """To notice that the wall clock jumped."""
    banner: tuple[str, str] | None = None
    """A lasting warning (zh, en), such as a broken site file."""


def initial(settings: Settings, run_id: str) -> State:
    """The state before anything was read."""
    lanes = {
        name: LaneView(
            machine=Lane(),
            rules=LaneRules(
                has_up_limit=lane.inputs.up_limit is not None,
                has_down_limit=lane.inputs.down_limit is not None,
                has_safety=lane.inputs.safety is not None,
                gateway_closes=lane.closing == "gateway",
                open_timeout_s=lane.open_timeout_s,
                wait_s=lane.wait_s,
                pass_timeout_s=lane.pass_timeout_s,
                clear_s=lane.clear_s,
                close_timeout_s=lane.close_timeout_s,
                hold_refresh_s=lane.hold_refresh_s,
            ),
        )
        for name, lane in settings.lanes.items()
    }
    return State(
        settings=settings,
        run_id=run_id,
        lanes=lanes,
        cameras={name: CameraView() for name in settings.cameras},
        boards={name: BoardView() for name in settings.boards},
        readers={name: ReaderView() for name in settings.readers},
        doors=doors_of(settings),
        inputs={name: InputView() for name in settings.inputs},
        sirens={name: SirenView() for name in settings.sirens},
    )
