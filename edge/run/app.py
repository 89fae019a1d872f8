"""Wiring, start and stop of the whole gateway. Shell: everything meets here, in the order of this file.

Order of start: log, lists, state, hub, devices, page, eyes. The gates work before the eyes have loaded a model.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

from config.model import Site
from devices.catalog import Devices, build
from devices.messages import SignalReader
from devices.readers import Readers, build_readers
from edge.access.pass_keys import KeyFileError, load_keyring
from edge.access.pepper import load_pepper
from edge.access.visitors import Secrets
from edge.observations import GatewayStarted, GatewayStopping, LogRestored, LogTrouble, PruneLists, SweepFaces, TaskDown
from edge.push.sender import Pusher
from edge.run.box import BoxWatch
from edge.run.eyes_link import EyesLink
from edge.run.faces import has_faces, parts_of, teller_of
from edge.run.hub import Hub
from edge.run.memory import remembered
from edge.run.notes import watch_notes
from edge.run.release import program_version
from edge.run.supervise import Supervisor
from edge.state import initial
from edge.users.auth import Auth, Role, issue_login_token
from edge.users.secret_files import SecretFileError
from edge.web.app import create_app
from edge.web.server import WebServer
from sync.clock import kernel_clock_state
from sync.errors import StoreUnusable
from sync.queries import last_pull_s
from sync.retention import housekeep
from sync.store import Store, StoreHealth

log = logging.getLogger(__name__)

DRAIN_S = 3.0
HOUSEKEEPING_S = 600.0
PULL_AGE_S = 2.0


@dataclass(frozen=True, slots=True)
class StartFacts:
    """What the start knows beside the site."""

    site_file: str
    demo: bool = False
    fallback: tuple[str, str] | None = None
    """Why the last good site file is in use (zh, en)."""


class App:
    """One gateway from start to stop."""

    def __init__(self, site: Site, facts: StartFacts) -> None:
        self.site = site
        self.facts = facts
        self._last_pull_s: float | None = None
        self.token = ""
        """One-time log-in token of this start; empty where somebody has an account already."""
        self._supervisor = Supervisor(self._task_down)

    async def start(self) -> None:
        """Bring everything up; raises when the log or the page's address cannot be had."""
        data_dir = self.site.site.data_dir
        data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.store = Store.open(
            data_dir / "menwei.db",
            gateway_id=self.site.site.id,
            media_dir=data_dir / "media",
            spill_max=self.site.limits.spill,
        )
        try:
            await self._start_over_store()
        except BaseException:
            await self._stop_parts()
            raise

    async def _start_over_store(self) -> None:
        site, data_dir = self.site, self.site.site.data_dir
        state = remembered(initial(site, secrets.token_hex(8)), self.store)
        state = replace(state, secrets=await asyncio.to_thread(load_secrets, site))
        self.hub = Hub(replace(state, policy=self.store.policy()), self.store, submit=self._submit, facts=self._facts)
        self._trouble_since_s: float | None = None
        self.store.on_trouble(self._log_trouble)
        self._supervisor.start("hub", self.hub.run)
        self._supervisor.start("effects", self.hub.effects.run)
        self._supervisor.start("tick", self.hub.tick)
        self._supervisor.start("housekeeping", self._housekeeping)
        self._supervisor.start("last pull", self._watch_pulls)
        self._supervisor.start("notes", lambda: watch_notes(data_dir, self.hub.inbox.offer))
        self._start_push()
        started = GatewayStarted(
            version=program_version(), site_file=self.facts.site_file, fallback=self.facts.fallback
        )
        self.hub.inbox.offer(started)
        self.devices: Devices = build(site, self.hub.inbox.offer_from_thread)
        self.devices.start()
        self.readers: Readers = build_readers(site, self.hub.inbox.offer_from_thread)
        self.readers.start()
        self.auth = Auth(
            data_dir,
            idle_s=site.web.session_idle_s,
            login_per_minute=site.limits.login_per_minute,
            token_file=site.sync.token_file,
        )
        self.web = WebServer(create_app(self.hub, self.auth, site), site.web)
        await self.web.start()
        self.box = BoxWatch(site, self.store, self.hub.inbox.offer, self.web.reload_tls)
        self._supervisor.start("box", self.box.run)
        if self.facts.demo or self.auth.first_account_wanted():
            self.token = issue_login_token(data_dir, Role.ADMIN)
        self.eyes = EyesLink(
            site, self.hub.inbox.offer, gallery=lambda: parts_of(site, self.store), show=self.hub.live.take
        )
        self.hub.eyes = self.eyes
        self.hub.live.connect(self.eyes.watch)
        if has_faces(site):
            self._supervisor.start("gallery", teller_of(site, self.store, self.eyes).run)
        if site.cameras:
            await self.eyes.start()

    async def stop(self, reason: str, last: Callable[[], Awaitable[None]] | None = None) -> None:
        """Let the devices go, write down why, then end everything; what was acknowledged is on disk.

        ``last`` runs after the last event, ``system.stopped``, is durable, while the API still answers.
        """
        if hasattr(self, "eyes"):
            await self.eyes.stop()
        self.hub.ticking = False
        await self.hub.inbox.emptied(DRAIN_S)
        await self.hub.effects.drained(DRAIN_S)
        await self._stop_devices()
        self.hub.inbox.offer(GatewayStopping(reason=reason))
        await self.hub.inbox.emptied(DRAIN_S)
        await self.hub.effects.drained(DRAIN_S)
        if last is not None:
            settled = asyncio.wrap_future(self.store.transact(lambda _db: ()))
            await asyncio.wait({settled}, timeout=DRAIN_S)
            await last()
        await self._stop_parts()

    def _start_push(self) -> None:
        """Channels run in threads of their own; none of them, and no library, where the site names none."""
        if not self.site.push.channels:
            return
        self.pusher = Pusher(self.site.push, self.hub.inbox.offer_from_thread)
        self.hub.effects.notify = lambda intent: self.pusher.send(intent.notice, intent.channels)
        self.pusher.start()
        self._supervisor.start("push", self.pusher.watch)

    async def _watch_pulls(self) -> None:
        """Keep the age of the last pull at hand: the loop itself never asks the disk."""
        while True:
            self._last_pull_s = await asyncio.to_thread(_last_pull_s, self.store)
            await asyncio.sleep(PULL_AGE_S)

    async def _housekeeping(self) -> None:
        """Prune what every centre has and is old enough; mind the pictures' quota and the disk."""
        sync = self.site.sync
        while True:
            await asyncio.sleep(HOUSEKEEPING_S)
            self.hub.inbox.offer(PruneLists(clock_synced=kernel_clock_state() == "synced"))
            self.hub.inbox.offer(SweepFaces())
            await asyncio.to_thread(
                housekeep,
                self.store,
                centrals=sync.centrals,
                keep_days=sync.keep_days,
                media_max_bytes=int(sync.media_max_mb * 1e6),
                strangers_keep_h=self.site.faces.strangers_keep_h,
            )

    async def _stop_parts(self) -> None:
        if hasattr(self, "eyes"):
            await self.eyes.stop()
        if hasattr(self, "web"):
            await self.web.stop()
        if hasattr(self, "pusher"):
            await asyncio.to_thread(self.pusher.stop)
        await self._stop_devices()
        await self._supervisor.stop()
        if hasattr(self, "auth"):
            self.auth.close()
        await asyncio.to_thread(self.store.close)

    async def _stop_devices(self) -> None:
        """What waits for a device is failed, and on record; a second call does nothing."""
        if hasattr(self, "readers"):
            await asyncio.to_thread(self.readers.stop)
        if hasattr(self, "devices"):
            await asyncio.to_thread(self.devices.stop)

    def _submit(self, command: Any) -> None:
        if isinstance(command, SignalReader):
            self.readers.submit(command)
        else:
            self.devices.submit(command)

    def _facts(self) -> dict[str, Any]:
        return {
            "version": program_version(),
            "demo": self.facts.demo,
            "last_pull_s": self._last_pull_s,
            "box": self.box.facts if hasattr(self, "box") else {},
        }

    def _task_down(self, name: str, cause: str) -> None:
        self.hub.inbox.offer(TaskDown(name=name, cause=cause))

    def _log_trouble(self, health: StoreHealth) -> None:
        """Called in the store's thread at both edges."""
        if not health.ok:
            self._trouble_since_s = time.monotonic()
            self.hub.inbox.offer_from_thread(LogTrouble(cause=health.last_error))
        elif self._trouble_since_s is not None:
            down_s = time.monotonic() - self._trouble_since_s
            self._trouble_since_s = None
            self.hub.inbox.offer_from_thread(LogRestored(down_s=down_s, dropped=health.dropped))


def _last_pull_s(store: Store) -> float | None:
    """When a centre pulled last; unknown while the log cannot be read, which must not take the page away."""
    try:
        return last_pull_s(store)
    except StoreUnusable:
        return None


def load_secrets(site: Site) -> Secrets:
    """The pepper of codes and PINs and the keys of pass issuers; raises SecretFileError with a remedy."""
    try:
        keys = load_keyring(site.passes.public_keys)
    except KeyFileError as error:
        raise SecretFileError(str(error)) from error
    return Secrets(pepper=load_pepper(site), pass_keys=keys)
