"""Enrolment at the desk: by a picture that is sent, or live from a camera. Shell: HTTP, for administrators.

The eyes look at pictures; what comes back is sealed here and lands with its event. No answer holds a template.
"""

from __future__ import annotations

import asyncio
import os
import time
from base64 import b64encode
from dataclasses import dataclass, replace
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from config.model import Duty, Name, Site
from edge.faces.embedder import embedder_of
from edge.faces.key_file import load_face_key
from edge.faces.rules import NEGATIVES_MAX, Refusal, may_enrol, name_of, picture_will_do
from edge.faces.seal import SealError, sealed, vector_of
from edge.users.auth import Session
from edge.web.access import Gateway
from edge.web.acts import RequestId
from edge.web.errors import ApiError, Refused
from edge.web.faces import Admin, change_of, known
from edge.web.people import PersonId
from edge.web.port import GatewayPort
from sync.faces import negatives_by_person
from sync.records import FaceTemplate, PutFace
from vision.commands import ProbeFace
from vision.errors import VisionError
from vision.observations import FaceProbed

router = APIRouter(prefix="/v1")

PICTURES = frozenset({"image/jpeg", "image/png", "image/webp"})
AWAY = frozenset({"no_eyes", "busy", "no_model"})
"""Problems that are not the picture's."""


class Enrolling(BaseModel):
    """What a picture is taken for."""

    model_config = ConfigDict(extra="forbid")
    request_id: RequestId
    unlike: bool = Field(default=False, description="it is a look-alike, not the person; they agreed to be kept as one")
    twins: bool = Field(default=False, description="checked: whoever looks the same is another person")


class LiveBody(Enrolling):
    """A look into a camera."""

    camera: Name


@router.post("/people/{person_id}/faces", status_code=201)
async def enrol_picture(
    person_id: PersonId,
    who: Admin,
    request: Request,
    gateway: Gateway,
    response: Response,
    given: Annotated[Enrolling, Query()],
) -> dict[str, Any]:
    """Enrol with a picture: the body is a JPEG, PNG or WebP of at most 8 MiB."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() not in PICTURES:
        raise ApiError(415, "face_picture_kind")
    await _may(gateway, person_id, given.unlike)
    probe = ProbeFace(request_id=given.request_id, camera="", picture=await request.body())
    if not probe.picture:
        raise ApiError(422, "face_picture_kind")
    desk = Desk(request.app.state.site, gateway, who, person_id, given)
    return await _enrol(desk, probe, response)


@router.post("/people/{person_id}/faces/live", status_code=201)
async def enrol_live(
    person_id: PersonId, given: LiveBody, who: Admin, request: Request, gateway: Gateway, response: Response
) -> dict[str, Any]:
    """Enrol with a look into a face camera; waits until the eyes have a good frame or give up."""
    site: Site = request.app.state.site
    camera = site.cameras.get(given.camera)
    if camera is None or Duty.FACES not in camera.duties:
        raise ApiError(404, "face_no_camera")
    await _may(gateway, person_id, given.unlike)
    probe = ProbeFace(request_id=given.request_id, camera=given.camera)
    return await _enrol(Desk(site, gateway, who, person_id, given), probe, response)


@dataclass(frozen=True, slots=True)
class Desk:
    """Who enrols whom, and as what."""

    site: Site
    gateway: GatewayPort
    who: Session
    person: str
    given: Enrolling


async def _enrol(desk: Desk, probe: ProbeFace, response: Response) -> dict[str, Any]:
    """Ask the eyes, look at the answer, seal the template, and let the gateway decide for the last time."""
    if desk.gateway.eyes is None:
        raise _not_taken(Refusal("no_eyes"), None)
    probed = await desk.gateway.eyes.probe(probe)
    policy, given = desk.gateway.store.policy(), desk.given
    against = picture_will_do(
        policy, desk.person, probed.problem, probed.matches, negative=given.unlike, twins=given.twins
    )
    if against is not None:
        raise _not_taken(against, probed)
    row = FaceTemplate(
        id=os.urandom(16).hex(),
        person=desk.person,
        model=probed.model,
        sealed=b"",
        negative=given.unlike,
        source="live" if probe.camera else "picture",
        quality=round(min(1.0, max(0.0, probed.quality)), 3),
        created_s=time.time(),
    )
    face = await asyncio.to_thread(_sealed, desk.site, row, probed)
    if face is None:
        raise _not_taken(Refusal("face_no_template"), probed)
    verdict = await change_of(desk.gateway, desk.who, PutFace(face), response, probe.request_id)
    return verdict | {"seen": _seen(probed), "matches": [name_of(policy, other) for other in probed.matches]}


def _sealed(site: Site, row: FaceTemplate, probed: FaceProbed) -> FaceTemplate | None:
    """The row under seal; None for what is no template of the embedder in use. Reads the key's file."""
    try:
        embedder = embedder_of(site)
        if probed.model != embedder.model:
            return None
        vector = vector_of(probed.template, embedder.dim)
    except (SealError, VisionError):
        return None
    return sealed(load_face_key(site), replace(row, model=embedder.model), vector, os.urandom(12))


async def _may(gateway: GatewayPort, person: str, unlike: bool) -> None:
    """Raises before a picture is looked at where it could not be kept anyway."""
    policy = gateway.store.policy()
    known(policy, person)
    against = may_enrol(policy, person, time.time(), negative=unlike)
    if against is None and unlike:
        counts = await asyncio.to_thread(negatives_by_person, gateway.store.reading())
        against = Refusal("face_negatives_full") if counts.get(person, 0) >= NEGATIVES_MAX else None
    if against is not None:
        raise Refused(409, against.key, against.zh, against.en)


def _not_taken(why: Refusal, probed: FaceProbed | None) -> Refused:
    status = 503 if why.key in AWAY else 422
    more = {} if probed is None else {"seen": _seen(probed)}
    return Refused(status, why.key, why.zh, why.en, **more)


def _seen(probed: FaceProbed) -> dict[str, Any]:
    """What the desk is shown: quality and the picture of the face, which is stored nowhere."""
    picture = b64encode(probed.picture).decode() if probed.picture else None
    return {"quality": probed.quality, "live": probed.live if probed.live >= 0 else None, "picture": picture}
