"""PIN log-in at a shared tablet: bind a tablet to a post, set one's own PIN, change guards. Shell: HTTP."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from edge.observations import Audited
from edge.users.accounts import AccountError, VerifierBusy
from edge.users.auth import LoginRefused, Session
from edge.users.pins import Tablet
from edge.web.access import GUARD, SUPERVISOR, Gateway, LogIns, Settings
from edge.web.errors import ApiError
from edge.web.session import begin, refuse

router = APIRouter(prefix="/v1")

TABLET_COOKIE = "menwei_tablet"
BOUND_FOR_S = 400 * 24 * 3600
"""The longest that browsers keep a cookie."""

Guard = Annotated[Session, Depends(GUARD)]
Supervisor = Annotated[Session, Depends(SUPERVISOR)]


class PinLogIn(BaseModel):
    """Who, and the PIN."""

    model_config = ConfigDict(extra="forbid")
    name: str = Field(min_length=1, max_length=80)
    pin: str = Field(min_length=1, max_length=20)


class NewPin(BaseModel):
    """One's own new PIN."""

    model_config = ConfigDict(extra="forbid")
    pin: str = Field(max_length=20)


class Binding(BaseModel):
    """The post at which the tablet stands."""

    model_config = ConfigDict(extra="forbid")
    post: str = Field(min_length=1, max_length=64)


@router.post("/session/pin")
async def log_in_by_pin(
    request: Request, response: Response, given: PinLogIn, auth: LogIns, gateway: Gateway
) -> dict[str, Any]:
    """Log in by PIN on a bound tablet, or change guards there: whoever was logged in on it no longer is."""
    tablet = tablet_of(request, auth)
    if tablet is None:
        raise ApiError(403, "tablet_unknown")
    address = request.client.host if request.client else "unknown"
    outcome = await auth.log_in_by_pin(given.name, given.pin, tablet)
    if isinstance(outcome, LoginRefused):
        refuse(gateway, outcome, given.name, f"{address} ({tablet.post})")
        raise AssertionError("unreachable")
    said = begin(request, response, outcome, auth)
    session = outcome.session
    body = {"address": address, "role": session.role.value, "by": "pin", "post": tablet.post}
    gateway.audit(Audited(kind="auth.login", operator=session.name, body=body))
    return said | {"post": tablet.post}


@router.get("/tablet")
async def tablet(request: Request, auth: LogIns) -> dict[str, Any]:
    """Whether this browser is bound, to which post, and who may log in by PIN: names for a bound one alone."""
    known = tablet_of(request, auth)
    if known is None:
        return {"bound": False, "post": "", "guards": []}
    return {"bound": True, "post": known.post, "guards": auth.pins.holders(auth.accounts.all())}


@router.post("/tablet")
async def bind(
    response: Response,
    request: Request,
    given: Binding,
    who: Supervisor,
    auth: LogIns,
    *,
    gateway: Gateway,
    site: Settings,
) -> dict[str, Any]:
    """Bind this browser to a post."""
    if given.post not in site.desk.posts:
        raise ApiError(404, "unknown_post")
    old = tablet_of(request, auth)
    if old is not None:
        auth.tablets.unbind(old.key)
    cookie, bound = auth.tablets.bind(given.post, who.name)
    secure = request.url.scheme == "https"
    response.set_cookie(
        TABLET_COOKIE, cookie, httponly=True, samesite="strict", secure=secure, path="/", max_age=BOUND_FOR_S
    )
    body = {"action": "tablet_bound", "account": who.name, "post": bound.post}
    gateway.audit(Audited(kind="auth.account", operator=who.name, body=body))
    return {"bound": True, "post": bound.post, "guards": auth.pins.holders(auth.accounts.all())}


@router.delete("/tablet", status_code=204)
async def unbind(response: Response, request: Request, who: Supervisor, auth: LogIns, gateway: Gateway) -> None:
    """This browser is no longer a post's tablet; whoever logged in by PIN on it is out."""
    known = tablet_of(request, auth)
    if known is None:
        raise ApiError(404, "tablet_unknown")
    auth.tablets.unbind(known.key)
    response.delete_cookie(TABLET_COOKIE, httponly=True, samesite="strict", path="/")
    body = {"action": "tablet_unbound", "account": who.name, "post": known.post}
    gateway.audit(Audited(kind="auth.account", operator=who.name, body=body))


@router.put("/pin")
async def set_pin(given: NewPin, who: Guard, auth: LogIns, gateway: Gateway) -> dict[str, Any]:
    """Set one's own PIN; only after a log-in by password, so that nobody changes it at an unattended tablet."""
    account = auth.accounts.all().get(who.name)
    if who.by_token or who.tablet or account is None:
        raise ApiError(403, "pin_password")
    try:
        await auth.accounts.hashing(lambda: auth.pins.put(account, given.pin))
    except AccountError as error:
        raise ApiError(422, error.code) from error
    except VerifierBusy as error:
        raise ApiError(503, "login_busy", {"Retry-After": "5"}) from error
    body = {"action": "pin_set", "account": who.name}
    gateway.audit(Audited(kind="auth.account", operator=who.name, body=body))
    return {"name": who.name}


@router.delete("/pin", status_code=204)
async def drop_pin(who: Guard, auth: LogIns, gateway: Gateway) -> None:
    """Forget one's own PIN."""
    if auth.pins.drop(who.name):
        body = {"action": "pin_dropped", "account": who.name}
        gateway.audit(Audited(kind="auth.account", operator=who.name, body=body))


def tablet_of(request: Request, auth: LogIns) -> Tablet | None:
    """The tablet that this browser is."""
    return auth.tablets.find(request.cookies.get(TABLET_COOKIE, ""))
