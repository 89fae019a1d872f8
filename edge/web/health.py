"""Alive, ready, and the whole truth for those who are logged in. Shell: HTTP."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Response

from edge.users.auth import Session
from edge.web.access import ANY_ROLE, Gateway

router = APIRouter()


@router.get("/healthz")
async def alive() -> dict[str, bool]:
    """The loop runs; nothing more is claimed."""
    return {"alive": True}


@router.get("/readyz")
async def ready(gateway: Gateway, response: Response) -> dict[str, Any]:
    """Function: 200 when ready, 503 when not. Names of cameras and doors are not told to strangers."""
    health = gateway.health()
    if not health["ready"]:
        response.status_code = 503
    return {"ready": bool(health["ready"]), "problems": len(health.get("problems", ()))}


@router.get("/v1/health")
async def health(_who: Annotated[Session, Depends(ANY_ROLE)], gateway: Gateway) -> dict[str, Any]:
    """What works and what does not, by name."""
    return gateway.health()
