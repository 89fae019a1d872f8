"""The HTTP application: routers, shield, errors, live feed. Shell: FastAPI."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI
from fastapi.responses import JSONResponse

from config.model import Site
from edge.run.release import program_version
from edge.users.auth import Auth, Session
from edge.web import (
    alarms,
    bundles,
    clips,
    doors,
    drill,
    duty,
    enrol,
    equipment,
    errors,
    faces,
    figures,
    health,
    issue,
    lanes,
    lists,
    live,
    page_route,
    patrol,
    people,
    pin,
    register,
    reports,
    review,
    selftest,
    session,
    slips,
    state,
    watch,
)
from edge.web.access import ADMIN, CENTRAL, declare_roles
from edge.web.feed import Feed
from edge.web.photos import Photos
from edge.web.port import GatewayPort
from edge.web.shield import Shield
from sync.pull_api import router as pull_router


def create_app(gateway: GatewayPort, auth: Auth, site: Site) -> FastAPI:
    """The application over a gateway. Every route declares its roles, or this raises."""
    # The interactive documentation loads scripts from other sites, so only the description itself is served.
    app = FastAPI(
        title="Menwei", version=program_version(), docs_url=None, redoc_url=None, openapi_url=None, lifespan=_lifespan
    )
    app.state.gateway, app.state.auth, app.state.site = gateway, auth, site
    app.state.feed = Feed(gateway)
    app.state.issuing = asyncio.Lock()
    app.state.counting, app.state.bundling = asyncio.Lock(), asyncio.Lock()
    app.state.photos = Photos()
    app.state.pull = pull_router(gateway.store, central=CENTRAL)
    errors.install(app)
    for router in _routers(app):
        for route in router.routes:
            declare_roles(route)
        app.include_router(router)
    app.mount("/static", page_route.bundle(), name="static")
    app.add_middleware(Shield)
    return app


def end_streams(app: FastAPI) -> None:
    """End all live streams and long polls; a server waits for open responses, so this comes before it is stopped."""
    app.state.feed.close()
    app.state.pull.stop()


def _routers(app: FastAPI) -> Sequence[APIRouter]:
    description = APIRouter()

    @description.get("/openapi.json", include_in_schema=False)
    async def openapi(_who: Annotated[Session, Depends(ADMIN)]) -> JSONResponse:
        """The description of this API, for integrators who are logged in."""
        return JSONResponse(app.openapi())

    return (
        health.router,
        session.router,
        pin.router,
        state.router,
        live.router,
        watch.router,
        lanes.router,
        doors.router,
        alarms.router,
        clips.router,
        duty.router,
        drill.router,
        selftest.router,
        lists.router,
        people.router,
        faces.router,
        enrol.router,
        issue.router,
        slips.router,
        register.router,
        patrol.router,
        reports.router,
        equipment.router,
        review.router,
        figures.router,
        bundles.router,
        app.state.pull,
        page_route.router,
        description,
    )


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[dict[str, Any]]:
    feed: Feed = app.state.feed
    await feed.start()
    try:
        yield {}
    finally:
        end_streams(app)
