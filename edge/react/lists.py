"""What people change in the lists and check against them: lists.changed, goods slips. Core: pure."""

from __future__ import annotations

from dataclasses import replace

from edge.access.pruning import ended
from edge.access.slips import check, issue_objection
from edge.access.visitor_codes import CodeReason, stored
from edge.faces.rules import change_refused, filing_crossed
from edge.observations import ChangeLists, CheckSlip, PruneLists
from edge.pictures import mime_of
from edge.turn import Turn
from sync.errors import DraftRefused
from sync.event import Attachment
from sync.policy import applied, checked
from sync.records import (
    CameIn,
    CancelBooking,
    Change,
    Forget,
    PutBooking,
    PutCode,
    PutConsent,
    PutFace,
    PutKey,
    PutPerson,
    PutSlip,
    PutVehicle,
    RemoveFaces,
    RemoveKey,
    RemoveNegatives,
    RemovePerson,
    RemoveVehicle,
    RevokeCode,
    SpendPass,
    UseBooking,
    UseCode,
    UseSlip,
    WentOut,
)


def change_lists(turn: Turn, act: ChangeLists) -> tuple[bool, str]:
    """Row and event land in one transaction; the next decision already sees the change."""
    try:
        change = checked(act.change)
    except DraftRefused as refused:
        return False, str(refused)
    if isinstance(change, PutSlip):
        objection = issue_objection(turn.state.policy, change.slip)
        if objection is not None:
            return False, objection.value
    if isinstance(change, PutCode):
        row = stored(turn.state.policy, change.code, turn.now.wall_s)
        if isinstance(row, CodeReason):
            return False, row.value
        change = PutCode(row)
    against = change_refused(turn.state.policy, change, turn.now.wall_s)
    if against is not None:
        return False, against.key
    before = len(turn.state.policy.faces)
    turn.state = replace(turn.state, policy=applied(turn.state.policy, (change,)))
    body = {"role": act.operator.role, **change_body(change)}
    turn.record("lists.changed", f"operator:{act.operator.name}", body, changes=(change,))
    _warn_of_filing(turn, before)
    return True, "changed"


def on_prune(turn: Turn, due: PruneLists) -> None:
    """Forget what ended long ago. With a clock that may be wrong nothing is: it could come to life again."""
    if not due.clock_synced:
        return
    before_s = turn.now.wall_s - turn.state.settings.passes.keep_ended_days * 86_400
    gone = ended(turn.state.policy, before_s)
    if gone is None:
        return
    turn.state = replace(turn.state, policy=applied(turn.state.policy, (gone,)))
    counts = {"codes": len(gone.codes), "slips": len(gone.slips), "passes": len(gone.passes)}
    turn.record("lists.pruned", "gateway", counts, changes=(gone,))


def _warn_of_filing(turn: Turn, before: int) -> None:
    """Once when the number of people with a face comes near the number to be filed, once when it is reached."""
    near = filing_crossed(before, len(turn.state.policy.faces), turn.state.settings.faces.filing_limit)
    if near is not None:
        body = {"enrolled": near.enrolled, "limit": near.limit, "due": near.due}
        turn.record("faces.filing", "gateway", body)


def check_slip(turn: Turn, act: CheckSlip) -> tuple[bool, str]:
    """A guard counted the goods at the exit; an exact match uses the slip up, anything else is kept on record."""
    verdict = check(turn.state.policy, act.slip, act.seen, act.plate, turn.now.wall_s)
    slip = turn.state.policy.slips.get(act.slip)
    body: dict[str, object] = {
        "role": act.operator.role,
        "slip": act.slip,
        "reason": verdict.reason.value,
        "host": slip.host if slip else "",
        "plate": act.plate,
        "seen": [list(item) for item in act.seen],
        "differs": [[d.item, d.listed, d.seen] for d in verdict.differences],
        "note": act.note.strip(),
        "picture": picture_of(turn, act.plate),
    }
    mime = mime_of(act.photo)
    photos = (Attachment("goods", mime, act.photo),) if mime is not None else ()
    body["photo"] = photos[0].sha256 if photos else None
    turn.state = replace(turn.state, policy=applied(turn.state.policy, verdict.changes))
    kind = "slip.checked" if verdict.released else "slip.refused"
    turn.record(kind, f"operator:{act.operator.name}", body, attachments=photos, changes=verdict.changes)
    return verdict.released, verdict.reason.value


def picture_of(turn: Turn, plate: str) -> str | None:
    """The newest picture of the vehicle that takes the goods out, waiting at a lane or just decided there."""
    for view in turn.state.lanes.values() if plate else ():
        waiting = [v.picture for v in view.visitors if v.text == plate]
        if waiting:
            return waiting[-1]
        if view.last is not None and view.last.text == plate:
            return view.last.picture
    return None


def change_body(change: Change) -> dict[str, object]:  # noqa: PLR0912 - one case a change
    """What the event says about a change: names and numbers, never a code, a card's number or a key."""
    match change:
        case PutVehicle(vehicle):
            return {"change": "vehicle.put", "plate": vehicle.plate, "owner": vehicle.owner}
        case RemoveVehicle(plate):
            return {"change": "vehicle.removed", "plate": plate}
        case PutBooking(booking):
            return {"change": "booking.put", "booking": booking.id, "plate": booking.plate, "host": booking.host}
        case CancelBooking(id=id_):
            return {"change": "booking.cancelled", "booking": id_}
        case UseBooking(id=id_):
            return {"change": "booking.used", "booking": id_}
        case PutPerson(person):
            return {"change": "person.put", "person": person.id, "name": person.name, "blocked": person.blocked}
        case RemovePerson(id=id_):
            return {"change": "person.removed", "person": id_}
        case PutKey(key):
            return {"change": "key.put", "key": key.kind, "person": key.person, "blocked": key.blocked}
        case RemoveKey(kind=kind):
            return {"change": "key.removed", "key": kind}
        case PutCode(code):
            return {"change": "code.put", "code": code.id, "host": code.host, "visitor": code.visitor}
        case RevokeCode(id=id_):
            return {"change": "code.revoked", "code": id_}
        case UseCode(id=id_):
            return {"change": "code.used", "code": id_}
        case PutSlip(slip):
            body: dict[str, object] = {"change": "slip.put", "slip": slip.id, "host": slip.host}
            return {**body, "consent_by": slip.consent_by, "approved_by": slip.approved_by, "revoked": slip.revoked}
        case UseSlip(id=id_):
            return {"change": "slip.used", "slip": id_}
        case SpendPass(id=id_, uses=uses):
            return {"change": "pass.revoked" if uses == -1 else "pass.spent", "pass": id_}
        case Forget():
            return {"change": "forgotten"}
        case PutConsent(consent):
            return {
                "change": "consent.put",
                "person": consent.person,
                "purpose": consent.purpose,
                "given_by": consent.given_by,
                "given_us": int(consent.given_at_s * 1e6),
                "until_us": None if consent.until_s is None else int(consent.until_s * 1e6),
            }
        case PutFace(face):
            name = "face.negative_put" if face.negative else "face.put"
            return {"change": name, "person": face.person, "source": face.source, "model": face.model}
        case RemoveFaces(person=id_):
            return {"change": "faces.removed", "person": id_}
        case RemoveNegatives(person=id_):
            return {"change": "face.negatives_removed", "person": id_}
        case CameIn(inside):
            return {"change": "inside.put", "key": inside.key, "gate": inside.gate}
        case WentOut(key=came):
            return {"change": "inside.removed", "key": came}
