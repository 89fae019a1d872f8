"""What guards do about their duty. Core: data only."""

from __future__ import annotations

from dataclasses import dataclass

from edge.operators import Operator


@dataclass(frozen=True, slots=True, kw_only=True)
class StartShift:
    """Begin a shift at a post that nobody mans."""

    request_id: str
    post: str
    operator: Operator


@dataclass(frozen=True, slots=True, kw_only=True)
class EndShift:
    """Leave a post without a successor; a supervisor may end somebody else's, with a reason."""

    request_id: str
    post: str
    reason: str
    operator: Operator


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferHandover:
    """The guard on duty begins to hand over to ``coming``."""

    request_id: str
    post: str
    coming: str
    operator: Operator


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeItem:
    """The coming guard takes one open matter over."""

    request_id: str
    post: str
    item: str
    note: str
    operator: Operator


@dataclass(frozen=True, slots=True, kw_only=True)
class SignHandover:
    """One of the two signs; with both signatures the post changes hands."""

    request_id: str
    post: str
    operator: Operator


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelHandover:
    """The guard on duty stays after all."""

    request_id: str
    post: str
    operator: Operator


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerWatch:
    """我在: somebody is awake at the post."""

    request_id: str
    post: str
    operator: Operator


@dataclass(frozen=True, slots=True, kw_only=True)
class BeginDrill:
    """演练: from now on alarms may be made for practice, until it ends by hand or by itself."""

    request_id: str
    reason: str
    for_s: float
    operator: Operator


@dataclass(frozen=True, slots=True, kw_only=True)
class EndDrill:
    """The drill is over; what it made closes with it."""

    request_id: str
    operator: Operator


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeDrillAlarm:
    """One alarm for practice, by its action card and a place in words."""

    request_id: str
    kind: str
    place: str
    operator: Operator


DutyAct = (
    StartShift
    | EndShift
    | OfferHandover
    | TakeItem
    | SignHandover
    | CancelHandover
    | AnswerWatch
    | BeginDrill
    | EndDrill
    | MakeDrillAlarm
)
