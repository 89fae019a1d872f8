"""What the strip says about the box: the disk's trend, the certificate, the queue to the centre."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.model import Site
from edge.https.certificates import new_authority, new_server, utc_now
from edge.https.folder import HttpsFolder
from edge.https.names import box_names
from edge.observations import Observation
from edge.run import box
from edge.run.box import BoxWatch
from edge.run.disk_trend import DAYS_MAX, EVERY_S, SPAN_MIN_S, DiskTrend
from edge.web.server import WebServer
from sync.store import Store
from tests.web.gateway import open_store

HOUR_S, GIB = 3600.0, 2.0**30
PATIENCE_S = 50.0
"""Less than a minute: by then the next look would have come anyway."""


def trend(free_at: Callable[[float], float], hours: float) -> DiskTrend:
    found = DiskTrend()
    at_s = 0.0
    while at_s <= hours * HOUR_S:
        found.note(at_s, free_at(at_s))
        at_s += EVERY_S / 3
    return found


@pytest.mark.parametrize(
    ("gib_per_day", "hours", "days"),
    [(1.0, 24, 9.0), (2.0, 24, 4.0), (0.0, 24, None), (-1.0, 24, None), (1.0, 5, None), (0.001, 24, DAYS_MAX)],
)
def test_days_until_the_disk_is_full(gib_per_day: float, hours: float, days: float | None) -> None:
    found = trend(lambda at_s: (10 - gib_per_day * at_s / 86400) * GIB, hours).days_left()
    assert found is None if days is None else found == pytest.approx(days, rel=0.02)


@given(st.lists(st.floats(0, 1e13), max_size=50))
def test_whatever_the_disk_does_the_figure_is_a_day_count_or_nothing(frees: list[float]) -> None:
    found = DiskTrend()
    for number, free in enumerate(frees):
        found.note(number * SPAN_MIN_S / 10, free)
    days = found.days_left()
    assert days is None or 0 <= days <= DAYS_MAX


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path) as opened:
        yield opened


def tls_site(tmp_path: Path, address: str) -> tuple[Site, HttpsFolder]:
    folder = HttpsFolder(tmp_path)
    names = box_names((address,))
    authority = new_authority("t", names, utc_now())
    folder.write_authority(authority)
    folder.write_server(new_server(authority, names, utc_now()))
    web = {"port": 0, "tls_cert": str(folder.server), "tls_key": str(folder.server_key)}
    return Site.model_validate({"site": {"data_dir": str(tmp_path)}, "web": web}), folder


def test_a_box_without_https_and_without_a_centre_says_so(tmp_path: Path, store: Store) -> None:
    site = Site.model_validate({"site": {"data_dir": str(tmp_path)}})
    facts = BoxWatch(site, store, print, print).look()
    assert (facts["behind"], facts["https_days"], facts["disk_days"]) == (None, None, None)
    assert facts["disk_free_mb"] > 0


def test_a_certificate_that_cannot_be_read_has_no_days(tmp_path: Path, store: Store) -> None:
    site, folder = tls_site(tmp_path, "127.0.0.1")
    watch = BoxWatch(site, store, print, print)
    assert 396 < watch.look()["https_days"] <= 397
    folder.server.write_text("nonsense")
    assert watch.look()["https_days"] is None
    folder.server.unlink()
    assert watch.look()["https_days"] is None


async def test_a_renewed_certificate_serves_without_a_restart_and_a_wrong_pair_does_not(tmp_path: Path) -> None:
    from fastapi import FastAPI

    site, folder = tls_site(tmp_path, "127.0.0.1")
    app = FastAPI()
    app.state.feed = app.state.pull = type("Nothing", (), {"close": lambda self: None, "stop": lambda self: None})()
    server = WebServer(app, site.web)
    await server.start()
    try:
        first = await served(server)
        folder.write_server(new_server(folder.read_authority(), box_names(("127.0.0.1",)), utc_now()))
        server.reload_tls()
        second = await served(server)
        assert first != second
        good = folder.server_key.read_bytes()
        folder.server_key.write_bytes(folder.authority_key.read_bytes())
        with pytest.raises(ssl.SSLError):
            server.reload_tls()
        assert await served(server) == second
        folder.server_key.write_bytes(good)
    finally:
        await server.stop()


async def test_a_renewal_is_taken_up_long_before_the_next_look(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(box, "CERTIFICATE_S", 0.01)
    site, folder = tls_site(tmp_path, "127.0.0.1")
    told: list[Observation] = []
    taken_up = asyncio.Event()
    watch = BoxWatch(site, store, told.append, taken_up.set)
    watching = asyncio.create_task(watch.run())
    try:
        async with asyncio.timeout(PATIENCE_S):
            while not told:
                await asyncio.sleep(0.01)
            assert not taken_up.is_set(), "what was served from the start is not taken up anew"
            folder.write_server(new_server(folder.read_authority(), box_names(("127.0.0.1",)), utc_now()))
            await taken_up.wait()
    finally:
        watching.cancel()


async def served(server: WebServer) -> bytes:
    """The certificate that a browser is shown now."""
    import asyncio

    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    _, writer = await asyncio.open_connection("127.0.0.1", server.port, ssl=context)
    shown = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.close()
    await writer.wait_closed()
    assert isinstance(shown, bytes)
    return shown
