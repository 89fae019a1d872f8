"""Who may call a route: the one dependency that every route but the open ones declares. Shell: HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from edge.observations import Operator
from edge.users.auth import Auth, Role, Session, may
from edge.web.errors import ApiError
from edge.web.port import GatewayPort

COOKIE = "menwei_session"
CSRF_HEADER = "X-Menwei-CSRF"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
OPEN_ROUTES = frozenset({("GET", "/healthz"), ("GET", "/readyz"), ("POST", "/v1/session"), ("GET", "/")})
"""What answers without a log-in: liveness, readiness, logging in, and the page that holds the log-in form."""


class Needs:
    """Lets a request pass when its session, or the centre's token, holds one of the roles."""

    def __init__(self, *any_of: Role, passive: bool = False) -> None:
        self.any_of = frozenset(any_of)
        self.passive = passive
        """What a page asks for by itself: it must not keep a session alive that nobody sits at."""

    async def __call__(self, request: Request) -> Session:
        """The session; raises ApiError 401 or 403."""
        auth: Auth = request.app.state.auth
        session = _central(request, auth) or _by_cookie(request, auth, touch=not self.passive)
        if session is None:
            raise ApiError(401, "login_required", {"WWW-Authenticate": "Bearer"})
        if not may(session.role, self.any_of):
            raise ApiError(403, "forbidden")
        # The centre's token is sent on purpose; only what a browser sends by itself needs the second proof.
        by_cookie = session.role is not Role.CENTRAL and request.method not in SAFE_METHODS
        if by_cookie and not session.csrf_matches(request.headers.get(CSRF_HEADER, "")):
            raise ApiError(403, "csrf")
        return session


PEOPLE = frozenset(Role) - {Role.CENTRAL}
ANY_ROLE = Needs(*PEOPLE)
ANY_ROLE_PASSIVE = Needs(*PEOPLE, passive=True)
GUARD = Needs(Role.GUARD)
GUARD_PASSIVE = Needs(Role.GUARD, passive=True)
SUPERVISOR = Needs(Role.SUPERVISOR)
ADMIN = Needs(Role.ADMIN)
READER = Needs(Role.GUARD, Role.AUDITOR)
BOOKER = Needs(Role.GUARD, Role.ISSUER)
CENTRAL = Needs(Role.CENTRAL)


def gateway_of(request: Request) -> GatewayPort:
    """The gateway behind this application."""
    gateway: GatewayPort = request.app.state.gateway
    return gateway


def auth_of(request: Request) -> Auth:
    """The log-ins of this application."""
    auth: Auth = request.app.state.auth
    return auth


Gateway = Annotated[GatewayPort, Depends(gateway_of)]
LogIns = Annotated[Auth, Depends(auth_of)]


def operator(session: Session) -> Operator:
    """The person as the hub records them."""
    return Operator(name=session.name, role=session.role.value)


def roles_of(route: BaseRoute) -> frozenset[Role] | None:
    """The roles that a route declares; None when it declares none."""
    if not isinstance(route, APIRoute):
        return None
    for dependency in route.dependant.dependencies:
        if isinstance(dependency.call, Needs):
            return dependency.call.any_of
    return None


def declare_roles(route: BaseRoute) -> None:
    """Write the roles into the route's OpenAPI entry; a route that is neither open nor guarded is a bug."""
    assert isinstance(route, APIRoute)
    methods, roles = sorted(route.methods or ()), roles_of(route)
    open_ = all((method, route.path) in OPEN_ROUTES for method in methods)
    if roles is None and not open_:
        raise RuntimeError(f"route {methods} {route.path} declares no role")
    names = sorted(role.value for role in roles or ())
    route.openapi_extra = {**(route.openapi_extra or {}), "x-roles": names}


def _central(request: Request, auth: Auth) -> Session | None:
    header = request.headers.get("Authorization")
    if header is None or not auth.is_central(header):
        return None
    return Session(name="central", role=Role.CENTRAL, by_token=True, key="", csrf="", seen_mono_s=0.0)


def _by_cookie(request: Request, auth: Auth, *, touch: bool) -> Session | None:
    cookie = request.cookies.get(COOKIE)
    return auth.session(cookie, touch=touch) if cookie else None
