"""Faces at the desk: who is enrolled, consent, removal, the threshold explained. Shell: HTTP, for administrators."""

from __future__ import annotations

import asyncio
import time
import uuid
from datetime import UTC, date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from config.model import Duty, Site
from edge.faces.embedder import embedder_of, models_dir
from edge.faces.rules import (
    SELF,
    TEMPLATES_MAX,
    ConsentWish,
    Refusal,
    consent_of,
    filing,
)
from edge.observations import ChangeLists
from edge.users.auth import Session
from edge.web.access import ADMIN, Gateway, operator
from edge.web.acts import RequestId, Words, carry_out
from edge.web.errors import ApiError, Refused
from edge.web.people import PersonId
from edge.web.port import GatewayPort
from sync.faces import count_by_model, negatives_by_person
from sync.records import Change, Consent, Person, Policy, PutConsent, RemoveFaces, RemoveNegatives
from vision.errors import VisionError
from vision.faces.calibration import load_calibration
from vision.faces.threshold import explained, threshold

router = APIRouter(prefix="/v1")

Admin = Annotated[Session, Depends(ADMIN)]
PAGE_MAX = 500
THRESHOLD_STEPS = (1, 10, 100, 1_000, 10_000, 100_000)


class ConsentBody(BaseModel):
    """Separate consent to face recognition; the date of birth is looked at and not kept."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)
    request_id: RequestId = Field(default_factory=lambda: uuid.uuid4().hex)
    purpose: Words
    given_by: Words = SELF
    born: date | None = None
    under_14: bool = False
    until: AwareDatetime | None = None


@router.get("/faces")
async def faces(
    _who: Admin,
    request: Request,
    gateway: Gateway,
    text: Annotated[str, Query(max_length=80)] = "",
    offset: Annotated[int, Query(ge=0)] = 0,
    limit: Annotated[int, Query(ge=1, le=PAGE_MAX)] = 100,
) -> dict[str, Any]:
    """People with consent or templates, by name; figures of all of them."""
    site: Site = request.app.state.site
    policy = gateway.store.policy()
    negatives = await asyncio.to_thread(negatives_by_person, gateway.store.reading())
    models = await asyncio.to_thread(count_by_model, gateway.store.reading())
    used = await asyncio.to_thread(_model_of, site)
    found = await asyncio.to_thread(_consenting, policy, text)
    near = filing(len(policy.faces), site.faces.filing_limit)
    return {
        "version": policy.version,
        "enrolled": len(policy.faces),
        "templates": sum(policy.faces.values()),
        "other_model": sum(count for model, count in models.items() if model != used),
        "templates_max": TEMPLATES_MAX,
        "filing": {
            "limit": site.faces.filing_limit,
            "warning": near and {"due": near.due, "zh": near.zh, "en": near.en},
        },
        "cameras": [name for name, camera in site.cameras.items() if Duty.FACES in camera.duties],
        "found": len(found),
        "people": [
            {
                "id": row.id,
                "name": row.name,
                "place": row.place,
                "templates": policy.faces.get(row.id, 0),
                "unlike": negatives.get(row.id, 0),
                "consent": _consent_row(policy.consents[row.id]),
            }
            for row in found[offset : offset + limit]
        ],
    }


@router.get("/faces/threshold")
async def faces_threshold(_who: Admin, request: Request, gateway: Gateway) -> dict[str, Any]:
    """How alike a face must be for the number enrolled, and why."""
    site: Site = request.app.state.site
    try:
        calibration = await asyncio.to_thread(load_calibration, site.faces.embedder, models_dir(site))
    except VisionError as error:
        raise Refused(409, "face_no_calibration", *_sentences(error)) from error
    templates = sum(gateway.store.policy().faces.values())
    zh, en = explained(templates, site.faces.fpir, calibration)
    steps = {str(step): round(threshold(step, site.faces.fpir, calibration), 3) for step in THRESHOLD_STEPS}
    now = round(threshold(templates, site.faces.fpir, calibration), 3)
    return {"templates": templates, "threshold": now, "fpir": site.faces.fpir, "zh": zh, "en": en, "steps": steps}


@router.put("/people/{person_id}/consent")
async def put_consent(
    person_id: PersonId, given: ConsentBody, who: Admin, gateway: Gateway, response: Response
) -> dict[str, Any]:
    """Write down a person's consent; a new one takes the place of the old."""
    policy = gateway.store.policy()
    known(policy, person_id)
    until_s = None if given.until is None else given.until.timestamp()
    wish = ConsentWish(
        purpose=given.purpose, given_by=given.given_by, born=given.born, under_14=given.under_14, until_s=until_s
    )
    leaves_s = policy.people[person_id].valid_until_s
    consent = consent_of(wish, person_id, who.name, time.time(), leaves_s=leaves_s)
    if isinstance(consent, Refusal):
        raise Refused(422, consent.key, consent.zh, consent.en)
    verdict = await change_of(gateway, who, PutConsent(consent), response, given.request_id)
    return verdict | {"consent": _consent_row(consent)}


@router.delete("/people/{person_id}/faces")
async def remove_faces(person_id: PersonId, who: Admin, gateway: Gateway, response: Response) -> dict[str, Any]:
    """Withdraw the consent: templates, look-alikes and consent go; ``log.faces_erased`` proves it."""
    known(gateway.store.policy(), person_id)
    return await change_of(gateway, who, RemoveFaces(person_id), response, uuid.uuid4().hex)


@router.delete("/people/{person_id}/faces/unlike")
async def remove_unlike(person_id: PersonId, who: Admin, gateway: Gateway, response: Response) -> dict[str, Any]:
    """Remove the look-alikes of a person."""
    known(gateway.store.policy(), person_id)
    return await change_of(gateway, who, RemoveNegatives(person_id), response, uuid.uuid4().hex)


async def change_of(
    gateway: GatewayPort, who: Session, change: Change, response: Response, request_id: str
) -> dict[str, Any]:
    """Put a change through the gateway and wait for its verdict."""
    act = ChangeLists(request_id=request_id, change=change, operator=operator(who))
    return await carry_out(gateway, act, response)


def known(policy: Policy, person: str) -> None:
    """Raises 404 for somebody who is not in the lists."""
    if person not in policy.people:
        raise ApiError(404, "unknown_person")


def _consenting(policy: Policy, text: str) -> list[Person]:
    """Who has consented and whose name, id or place holds the text, by name; in a thread, as there may be 100,000."""
    people = (policy.people[id_] for id_ in policy.consents if id_ in policy.people)
    return sorted((row for row in people if text in f"{row.name} {row.id} {row.place}"), key=lambda p: (p.name, p.id))


def _model_of(site: Site) -> str:
    """The embedder in use; empty where its manifest is wrong, which the eyes tell."""
    try:
        return embedder_of(site).model
    except VisionError:
        return ""


def _sentences(error: VisionError) -> tuple[str, str]:
    return str(getattr(error, "zh", error)), str(getattr(error, "en", error))


def _consent_row(consent: Consent) -> dict[str, Any]:
    return {
        "purpose": consent.purpose,
        "given_by": consent.given_by,
        "given_at": datetime.fromtimestamp(consent.given_at_s, UTC).isoformat(),
        "until": None if consent.until_s is None else datetime.fromtimestamp(consent.until_s, UTC).isoformat(),
        "recorded_by": consent.recorded_by,
    }
