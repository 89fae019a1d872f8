"""Faces at doors: a look becomes a credential, or a refusal that the guard can see. Core: pure.

Only a look that the eyes call known can open, and only by the same rules as a card. What it shows is never taken for
more: a person who is no longer enrolled, or whose consent has ended, is refused whatever the eyes still hold.
"""

from __future__ import annotations

from edge.access.credentials import Credential, CredentialKind, gate_of
from edge.access.plates import Decision, Reason
from edge.react.access import on_person
from edge.react.grant import deny
from edge.turn import Turn
from sync.event import STRANGER_ROLE, Attachment
from vision.observations import FaceSeen


def on_face(turn: Turn, seen: FaceSeen) -> None:
    """Somebody looks at a door's camera; a camera without a reader opens nothing."""
    credential = _credential(turn, seen)
    if credential is None:
        return
    if seen.outcome == "known" and seen.person:
        on_person(turn, credential)
        return
    reason = Reason.UNKNOWN_FACE if seen.outcome == "stranger" else Reason.FACE_UNSURE
    pictures = (Attachment(STRANGER_ROLE, "image/jpeg", seen.picture),) if seen.picture else ()
    deny(turn, credential, Decision(False, reason), detail=seen.reason, attachments=pictures)


def _credential(turn: Turn, seen: FaceSeen) -> Credential | None:
    for name, reader in turn.state.settings.readers.items():
        if reader.kind == "face" and reader.camera == seen.camera:
            gate = gate_of(turn.state.settings, name)
            if gate is not None:
                return Credential(kind=CredentialKind.FACE, value=seen.person, gate=gate, reader=name)
    return None
