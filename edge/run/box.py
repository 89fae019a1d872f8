"""What the strip says about the box: queue to the centre, disk, certificate. Shell: files, clocks.

A renewed certificate is taken up without a restart; pages that are connected keep their connection.
"""

from __future__ import annotations

import asyncio
import logging
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from config.model import Site
from edge.https.certificates import days_left, utc_now
from edge.observations import CertificateRead, Observation
from edge.run.disk_trend import DiskTrend
from sync.errors import StoreUnusable
from sync.queries import behind
from sync.store import Store

LOOK_S = 60.0
CERTIFICATE_S = 5.0
"""Whether the certificate's files have changed is asked this often."""

log = logging.getLogger("menwei.box")


class BoxWatch:
    """Looks once a minute, in a thread, and when the certificate has changed; the facts are for the snapshot."""

    def __init__(
        self, site: Site, store: Store, offer: Callable[[Observation], None], reload_tls: Callable[[], None]
    ) -> None:
        self.facts: dict[str, Any] = {"behind": None, "disk_free_mb": None, "disk_days": None, "https_days": None}
        self._centrals, self._data_dir = site.sync.centrals, site.site.data_dir
        self._certificate, self._key = site.web.tls_cert, site.web.tls_key
        self._store, self._offer, self._reload_tls = store, offer, reload_tls
        self._trend = DiskTrend()
        self._served = self._tried = self._stamp()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            self.facts = await asyncio.to_thread(self.look)
            if self._certificate is not None:
                days = self.facts["https_days"]
                self._offer(CertificateRead(days_left=days, file=str(self._certificate)))
                self._take_up()
            await self._change_of_certificate(LOOK_S)

    async def _change_of_certificate(self, timeout_s: float) -> None:
        """Until its files are others than those that were tried last, or the time is over."""
        until_s = time.monotonic() + timeout_s
        while (left_s := until_s - time.monotonic()) > 0 and self._stamp() == self._tried:  # noqa: ASYNC110 - files
            await asyncio.sleep(min(CERTIFICATE_S, left_s))

    def look(self) -> dict[str, Any]:
        """Everything anew; what cannot be read is None."""
        free = float(shutil.disk_usage(self._data_dir).free)
        self._trend.note(time.monotonic(), free)
        return {
            "behind": self._behind(),
            "disk_free_mb": round(free / 1e6),
            "disk_days": self._trend.days_left(),
            "https_days": self._https_days(),
        }

    def _behind(self) -> int | None:
        try:
            return behind(self._store, self._centrals)
        except StoreUnusable:
            return None

    def _https_days(self) -> float | None:
        if self._certificate is None:
            return None
        try:
            return round(days_left(self._certificate.read_bytes(), utc_now()), 2)
        except (OSError, ValueError) as error:
            log.warning("the HTTPS certificate %s cannot be read: %s", self._certificate, error)
            return None

    def _take_up(self) -> None:
        stamp = self._tried = self._stamp()
        if stamp == self._served:
            return
        try:
            self._reload_tls()
        except (OSError, ValueError) as error:  # ssl.SSLError is an OSError: the pair does not fit (yet)
            log.warning("the new HTTPS certificate is not taken up: %s", error)
            return
        self._served = stamp
        log.info("a new HTTPS certificate is in use")

    def _stamp(self) -> tuple[float, ...]:
        return tuple(_changed_s(path) for path in (self._certificate, self._key) if path is not None)


def _changed_s(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
