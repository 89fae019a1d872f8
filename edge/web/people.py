"""People and what they carry: cards, PINs, phones. Shell: HTTP, for administrators.

A key is named by a handle (the head of its SHA-256): cards and phones are shown by their last four places, of a PIN
only its HMAC is kept, and neither comes back out.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import uuid
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from config.model import Name, Site
from edge.access.credentials import PIN_DIGITS, SOLO_PIN_DIGITS, masked, pin_hmac
from edge.access.phone_keys import is_phone_key
from edge.observations import ChangeLists
from edge.users.auth import Session
from edge.web.access import ADMIN, Gateway, operator
from edge.web.acts import Words, carry_out
from edge.web.errors import ApiError
from edge.web.issue import pepper_of
from edge.web.port import GatewayPort
from sync.records import Change, Key, Person, PutKey, PutPerson, RemoveKey, RemovePerson

router = APIRouter(prefix="/v1")

Admin = Annotated[Session, Depends(ADMIN)]
PersonId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,40}$")]
Handle = Annotated[str, Path(pattern=r"^[0-9a-f]{12}$")]
CARD = re.compile(r"^[0-9A-F]{4,40}$")
PIN = re.compile(rf"^[0-9]{{{PIN_DIGITS[0]},{PIN_DIGITS[-1]}}}$")


class PersonBody(BaseModel):
    """Somebody who may carry keys."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)
    name: Words
    place: str = Field(default="", max_length=80)
    gates: Annotated[tuple[Name, ...], Field(max_length=200)] = ()
    schedule: Name | Literal[""] = ""
    valid_until: AwareDatetime | None = None
    first_person: bool = False
    blocked: str = Field(default="", max_length=200)


class KeyBody(BaseModel):
    """A card's UID in hex, a PIN of six to twelve digits, or a phone's Ed25519 public key in hex."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, hide_input_in_errors=True)
    kind: Literal["card", "pin", "phone"]
    value: str = Field(min_length=4, max_length=100, repr=False)
    duress: bool = False


class BlockBody(BaseModel):
    """Why a key is blocked; empty lets it be used again."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)
    reason: str = Field(default="", max_length=200)


@router.get("/people")
async def people(_who: Admin, gateway: Gateway) -> dict[str, Any]:
    """Everybody with the keys they carry."""
    policy = gateway.store.policy()
    keys: dict[str, list[Key]] = {}
    for key in policy.keys.values():
        keys.setdefault(key.person, []).append(key)
    rows = sorted(policy.people.values(), key=lambda person: (person.name, person.id))
    return {"version": policy.version, "people": [_row(p) | {"keys": _keys(keys.get(p.id, []))} for p in rows]}


@router.put("/people/{person_id}")
async def put_person(
    person_id: PersonId, given: PersonBody, who: Admin, request: Request, gateway: Gateway, response: Response
) -> dict[str, Any]:
    """Add or replace somebody; their keys stay."""
    site: Site = request.app.state.site
    if any(gate not in site.lanes and gate not in site.doors for gate in given.gates):
        raise ApiError(422, "unknown_gate")
    if given.schedule and given.schedule not in site.schedules:
        raise ApiError(422, "unknown_schedule")
    person = Person(
        id=person_id,
        name=given.name,
        place=given.place,
        gates=given.gates,
        schedule=given.schedule,
        valid_until_s=None if given.valid_until is None else given.valid_until.timestamp(),
        first_person=given.first_person,
        blocked=given.blocked,
    )
    return await _change(gateway, who, PutPerson(person), response)


@router.delete("/people/{person_id}")
async def remove_person(person_id: PersonId, who: Admin, gateway: Gateway, response: Response) -> dict[str, Any]:
    """Remove somebody and every key of theirs."""
    _known(gateway, person_id)
    return await _change(gateway, who, RemovePerson(person_id), response)


@router.post("/people/{person_id}/keys", status_code=201)
async def put_key(
    person_id: PersonId, given: KeyBody, who: Admin, request: Request, gateway: Gateway, response: Response
) -> dict[str, Any]:
    """Give somebody a key; one that somebody else carries is refused."""
    _known(gateway, person_id)
    value = await _stored_value(given, request)
    carried = gateway.store.policy().keys.get((given.kind, value))
    if carried is not None and carried.person != person_id:
        raise ApiError(409, "key_taken")
    key = Key(kind=given.kind, value=value, person=person_id, duress=given.duress)
    verdict = await _change(gateway, who, PutKey(key), response) | {"key": handle(key)}
    # Whoever enrols a short PIN is told at once that it opens nothing by itself.
    return verdict | ({"solo": len(given.value) >= SOLO_PIN_DIGITS} if given.kind == "pin" else {})


@router.post("/people/{person_id}/keys/{key}/block")
async def block_key(
    person_id: PersonId, key: Handle, given: BlockBody, who: Admin, gateway: Gateway, response: Response
) -> dict[str, Any]:
    """Block a lost key with a reason, or free it again."""
    found = _key(gateway, person_id, key)
    return await _change(gateway, who, PutKey(replace(found, blocked=given.reason)), response)


@router.delete("/people/{person_id}/keys/{key}")
async def remove_key(
    person_id: PersonId, key: Handle, who: Admin, gateway: Gateway, response: Response
) -> dict[str, Any]:
    """Take a key away."""
    found = _key(gateway, person_id, key)
    return await _change(gateway, who, RemoveKey(found.kind, found.value), response)


def handle(key: Key) -> str:
    """What a key is called outside: tells it from the others and nothing else."""
    return hashlib.sha256(f"{key.kind}:{key.value}".encode()).hexdigest()[:12]


async def _change(gateway: GatewayPort, who: Session, change: Change, response: Response) -> dict[str, Any]:
    act = ChangeLists(request_id=uuid.uuid4().hex, change=change, operator=operator(who))
    return await carry_out(gateway, act, response)


async def _stored_value(given: KeyBody, request: Request) -> str:
    """What the lists keep of a key; raises ApiError 422 when it is none of its kind."""
    match given.kind:
        case "card" if CARD.match(given.value.upper()):
            return given.value.upper()
        case "pin" if PIN.match(given.value):
            return pin_hmac(await asyncio.to_thread(pepper_of(request)), given.value)
        case "phone" if is_phone_key(given.value.lower()):
            return given.value.lower()
    raise ApiError(422, f"key_{given.kind}")


def _known(gateway: GatewayPort, person_id: str) -> None:
    if person_id not in gateway.store.policy().people:
        raise ApiError(404, "unknown_person")


def _key(gateway: GatewayPort, person_id: str, wanted: str) -> Key:
    keys = gateway.store.policy().keys.values()
    found = next((key for key in keys if key.person == person_id and handle(key) == wanted), None)
    if found is None:
        raise ApiError(404, "unknown_key")
    return found


def _row(person: Person) -> dict[str, Any]:
    until_s = person.valid_until_s
    return {
        "id": person.id,
        "name": person.name,
        "place": person.place,
        "gates": list(person.gates),
        "schedule": person.schedule,
        "valid_until": None if until_s is None else datetime.fromtimestamp(until_s, UTC).isoformat(),
        "first_person": person.first_person,
        "blocked": person.blocked,
    }


def _keys(keys: list[Key]) -> list[dict[str, Any]]:
    return [
        {
            "key": handle(key),
            "kind": key.kind,
            "shown": "" if key.kind == "pin" else masked(key.value),
            "duress": key.duress,
            "blocked": key.blocked,
        }
        for key in sorted(keys, key=lambda key: (key.kind, key.value))
    ]
