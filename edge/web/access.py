"""Who may call a route: the one dependency that every route but the open ones declares. Shell: HTTP."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request, WebSocket, WebSocketException
from fastapi.routing import APIRoute, APIWebSocketRoute
from starlette.requests import HTTPConnection
from starlette.routing import BaseRoute

from config.model import Site
from edge.observations import Operator
from edge.users.auth import Auth, Role, Session, may
from edge.web.errors import ApiError
from edge.web.port import GatewayPort

COOKIE = "menwei_session"
CSRF_HEADER = "X-Menwei-CSRF"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
OPEN_ROUTES = frozenset(
    {
        ("GET", "/healthz"),
        ("GET", "/readyz"),
        ("POST", "/v1/session"),
        ("POST", "/v1/session/pin"),
        ("GET", "/v1/tablet"),
        ("GET", "/"),
        ("GET", "/sw.js"),
        ("GET", "/manifest.webmanifest"),
    }
)
"""What answers without a log-in: liveness, readiness, logging in (by PIN: on a bound tablet alone), whether this
browser is a bound tablet, and the page that holds the log-in form, with its service worker and manifest."""


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


class NeedsOnSocket:
    """The same for a WebSocket: by cookie alone, and only from our own page. A refusal is a handshake with status 403.

    A browser sends the cookie along whoever opens the socket, and no other rule of it keeps foreign pages out.
    """

    def __init__(self, *any_of: Role) -> None:
        self.any_of = frozenset(any_of)

    async def __call__(self, socket: WebSocket) -> Session:
        """The session; raises WebSocketException. Watching does not keep a session alive."""
        origin = socket.headers.get("origin")
        if origin is not None and urlsplit(origin).netloc != socket.headers.get("host"):
            raise WebSocketException(1008, "foreign_origin")
        session = _by_cookie(socket, socket.app.state.auth, touch=False)
        if session is None or not may(session.role, self.any_of):
            raise WebSocketException(1008, "forbidden")
        return session


PEOPLE = frozenset(Role) - {Role.CENTRAL}
ANY_ROLE = Needs(*PEOPLE)
ANY_ROLE_PASSIVE = Needs(*PEOPLE, passive=True)
GUARD = Needs(Role.GUARD)
GUARD_PASSIVE = Needs(Role.GUARD, passive=True)
SUPERVISOR = Needs(Role.SUPERVISOR)
ADMIN = Needs(Role.ADMIN)
WATCHER = NeedsOnSocket(Role.GUARD)
READER = Needs(Role.GUARD, Role.AUDITOR)
READER_PASSIVE = Needs(Role.GUARD, Role.AUDITOR, passive=True)
EXPORTER = Needs(Role.SUPERVISOR, Role.AUDITOR)
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


def site_of(request: Request) -> Site:
    """The site's settings."""
    site: Site = request.app.state.site
    return site


Gateway = Annotated[GatewayPort, Depends(gateway_of)]
LogIns = Annotated[Auth, Depends(auth_of)]
Settings = Annotated[Site, Depends(site_of)]


def operator(session: Session) -> Operator:
    """The person as the hub records them."""
    return Operator(name=session.name, role=session.role.value)


def roles_of(route: BaseRoute) -> frozenset[Role] | None:
    """The roles that a route declares; None when it declares none."""
    if not isinstance(route, APIRoute | APIWebSocketRoute):
        return None
    for dependency in route.dependant.dependencies:
        if isinstance(dependency.call, Needs | NeedsOnSocket):
            return dependency.call.any_of
    return None


def declare_roles(route: BaseRoute) -> None:
    """Write the roles into the route's OpenAPI entry; a route that is neither open nor guarded is a bug."""
    if isinstance(route, APIWebSocketRoute):
        if roles_of(route) is None:
            raise RuntimeError(f"WebSocket {route.path} declares no role")
        return
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


def _by_cookie(request: HTTPConnection, auth: Auth, *, touch: bool) -> Session | None:
    cookie = request.cookies.get(COOKIE)
    return auth.session(cookie, touch=touch) if cookie else None
