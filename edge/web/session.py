"""Log in, log out, who am I, make accounts. Shell: HTTP."""

from __future__ import annotations

import math
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from edge.observations import Audited
from edge.users.accounts import PASSWORD_MAX, AccountError
from edge.users.auth import Auth, LoggedIn, LoginRefused, Role, Session
from edge.web.access import ADMIN, ANY_ROLE, ANY_ROLE_PASSIVE, COOKIE, Gateway, LogIns
from edge.web.errors import ApiError
from edge.web.port import GatewayPort

router = APIRouter(prefix="/v1")


class LogIn(BaseModel):
    """Either a one-time token, or name and password."""

    model_config = ConfigDict(extra="forbid")
    token: str | None = Field(default=None, max_length=200)
    name: str | None = Field(default=None, max_length=80)
    password: str | None = Field(default=None, max_length=PASSWORD_MAX)


class NewAccount(BaseModel):
    """An account to be made; argon2id keeps the password."""

    model_config = ConfigDict(extra="forbid")
    name: str = Field(max_length=80)
    password: str = Field(max_length=PASSWORD_MAX)
    role: Role = Role.GUARD


@router.post("/session")
async def log_in(request: Request, response: Response, given: LogIn, auth: LogIns, gateway: Gateway) -> dict[str, Any]:
    """Log in; sets the session cookie and returns the CSRF token."""
    address = request.client.host if request.client else "unknown"
    if given.token is not None:
        name, outcome = "token", await auth.log_in_by_token(given.token, address)
    elif given.name is not None and given.password is not None:
        name, outcome = given.name, await auth.log_in_by_password(given.name, given.password, address)
    else:
        raise ApiError(422, "login_fields")
    if isinstance(outcome, LoginRefused):
        refuse(gateway, outcome, name, address)
    else:
        said = begin(request, response, outcome, auth)
        session = outcome.session
        body = {"address": address, "role": session.role.value, "by": "token" if session.by_token else "password"}
        gateway.audit(Audited(kind="auth.login", operator=session.name, body=body))
        return said
    raise AssertionError("unreachable")


@router.get("/session")
async def who_am_i(session: Annotated[Session, Depends(ANY_ROLE_PASSIVE)], auth: LogIns) -> dict[str, Any]:
    """Name, role and CSRF token of this session."""
    return _who(session, auth)


@router.delete("/session", status_code=204)
async def log_out(
    response: Response, session: Annotated[Session, Depends(ANY_ROLE)], auth: LogIns, gateway: Gateway
) -> None:
    """Log out; the cookie is worthless afterwards."""
    auth.sessions.end(session.key)
    response.delete_cookie(COOKIE, httponly=True, samesite="strict", path="/")
    gateway.audit(Audited(kind="auth.logout", operator=session.name, body={"role": session.role.value}))


@router.post("/accounts", status_code=201)
async def make_account(
    given: NewAccount, session: Annotated[Session, Depends(ADMIN)], auth: LogIns, gateway: Gateway
) -> dict[str, str]:
    """Make an account with a password of at least 12 characters."""
    try:
        account = await auth.accounts.add_off_loop(given.name.strip(), given.password, given.role)
    except AccountError as error:
        raise ApiError(409 if error.code == "account_exists" else 422, error.code) from error
    body = {"action": "added", "account": account.name, "role": account.role.value}
    gateway.audit(Audited(kind="auth.account", operator=session.name, body=body))
    return {"name": account.name, "role": account.role.value}


def begin(request: Request, response: Response, outcome: LoggedIn, auth: Auth) -> dict[str, Any]:
    """Set the cookie; whoever was logged in with this browser before no longer is."""
    old = request.cookies.get(COOKIE)
    if old:
        replaced = auth.sessions.find(old, touch=False)
        if replaced is not None:
            auth.sessions.end(replaced.key)
    secure = request.url.scheme == "https"
    response.set_cookie(COOKIE, outcome.cookie, httponly=True, samesite="strict", secure=secure, path="/")
    return _who(outcome.session, auth)


def _who(session: Session, auth: Auth) -> dict[str, Any]:
    return {
        "name": session.name,
        "role": session.role.value,
        "csrf": session.csrf,
        "by_token": session.by_token,
        "offer_account": session.by_token and session.role is Role.ADMIN and auth.first_account_wanted(),
        "idle_s": auth.idle_s,
        "by_pin": bool(session.tablet),
    }


def refuse(gateway: GatewayPort, outcome: LoginRefused, name: str, address: str) -> None:
    """Put the refusal on record and raise it."""
    body = {"address": address, "reason": outcome.code}
    if outcome.on_record:
        gateway.audit(Audited(kind="auth.failed", operator=name, body=body))
    if outcome.now_locked:
        gateway.audit(Audited(kind="auth.locked", operator=name, body={"address": address, "for_s": "900"}))
    if outcome.retry_after_s:
        status = 503 if outcome.code == "login_busy" else 429
        raise ApiError(status, outcome.code, {"Retry-After": str(math.ceil(outcome.retry_after_s))})
    raise ApiError(401, outcome.code)
