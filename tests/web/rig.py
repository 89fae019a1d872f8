"""The application under test, its clocks and its browsers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import httpx
from fastapi import FastAPI

from edge.users.auth import Auth, Role, issue_login_token
from tests.web.gateway import Gateway


@dataclass
class Time:
    """Both clocks, moved by hand."""

    now_s: float = 1_000_000.0

    def __call__(self) -> float:
        return self.now_s


@dataclass
class Web:
    """The application under test and how to talk to it."""

    gateway: Gateway
    auth: Auth
    app: FastAPI
    time: Time
    data_dir: Path

    def client(self, address: str = "192.168.1.20", base_url: str = "http://gate") -> httpx.AsyncClient:
        """A browser at an address."""
        transport = httpx.ASGITransport(self.app, client=(address, 40_000), raise_app_exceptions=False)
        return httpx.AsyncClient(transport=transport, base_url=base_url)

    async def logged_in(self, role: Role, **how: str) -> httpx.AsyncClient:
        """A browser with a session of a role, sending its CSRF token."""
        client = self.client(**how)
        cookie, session = self.auth.sessions.start(f"{role.value}-test", role, by_token=True)
        client.cookies.set("menwei_session", cookie)
        client.headers["X-Menwei-CSRF"] = session.csrf
        return client

    def token(self, role: Role = Role.ADMIN) -> str:
        """A one-time log-in token."""
        return issue_login_token(self.data_dir, role)

    def kinds(self) -> list[str]:
        """Kinds in the log, oldest first."""
        return [e.kind for e in self.gateway.store.read_after(0)]
