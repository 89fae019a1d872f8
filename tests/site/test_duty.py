"""The guards' duty on a real gateway: alarms taken, set aside and called back, posts handed over; through kill -9."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.site.gateway import Gateway, eventually, running
from tests.site.test_doors import CONTACT, SITE, SMOKE, wait_door


@pytest.fixture
def gateway(tmp_path: Path) -> Iterator[Gateway]:
    with running(
        tmp_path,
        SITE + "[desk]\nwatch_every_s = 0\n[alarms.urgent]\nrespond_s = 2.0\n[alarms.general]\nrespond_s = 2.0\n",
    ) as site:
        wait_door(site, "locked")
        yield site


def alarm(gateway: Gateway, kind: str) -> dict[str, Any]:
    """The open alarm of this kind."""
    found: dict[str, Any] = eventually(
        lambda: next((a for a in gateway.state()["alarms"] if a["kind"] == kind), None), f"an alarm {kind}"
    )
    return found


def act(gateway: Gateway, path: str, **body: Any) -> tuple[int, str]:
    """Press a button; status and reason."""
    status, verdict = gateway.guard.post(path, body)
    return status, verdict["reason"]


def test_an_alarm_is_taken_given_back_gone_to_and_called_back_over_restarts(gateway: Gateway) -> None:
    gateway.street.set_contact(SMOKE, True)
    smoke = f"/v1/alarms/{alarm(gateway, 'smoke.active')['id']}"
    assert act(gateway, f"{smoke}/acknowledge") == (200, "acknowledged")
    assert act(gateway, f"{smoke}/undo") == (200, "released")
    assert act(gateway, f"{smoke}/advance", stage="on_site") == (200, "on_site")
    assert act(gateway, f"{smoke}/shelve", reason="x", for_s=60) == (409, "never_shelved")
    gateway.kill()
    gateway.start()
    again = alarm(gateway, "smoke.active")
    assert (again["stage"], [due["clock"] for due in again["clocks"]]) == ("on_site", [])
    assert len(again["card"]["zh"]) == 3
    assert act(gateway, f"{smoke}/close", outcome="handled", note="充电器冒烟") == (200, "closed")
    gateway.kill()
    gateway.start()
    [back] = gateway.state()["call_backs"]
    assert 0 < back["left_s"] <= 3600
    assert act(gateway, f"{smoke}/call-back", note="已告知业主") == (200, "called_back")
    assert gateway.state()["call_backs"] == []


def test_a_limit_that_passes_is_told_once_and_a_shelf_outlives_a_power_cut(gateway: Gateway) -> None:
    gateway.street.set_contact(CONTACT, True)  # nobody unlocked it
    forced = alarm(gateway, "door.forced")
    eventually(lambda: gateway.events("alarm.overdue"), "the supervisor is told")
    row = f"/v1/alarms/{forced['id']}"
    assert act(gateway, f"{row}/shelve", reason="门锁维修", for_s=600) == (200, "shelved")
    gateway.kill()
    gateway.start()
    [shelf] = gateway.state()["shelves"]
    assert (shelf["kind"], shelf["reason"]) == ("door.forced", "门锁维修")
    assert 0 < shelf["left_s"] < 600
    told = [(e.data()["clock"], e.data()["to"]) for e in gateway.events("alarm.overdue")]
    assert len(told) == len(set(told)), "a restart tells nothing twice"
    assert act(gateway, "/v1/alarms/unshelve", kind="door.forced", source="door:lobby") == (200, "unshelved")


PASSWORD = "walks the yard at three"


@contextmanager
def logged_in(url: str, name: str) -> Iterator[httpx.Client]:
    """Another library's client on a session of its own."""
    with httpx.Client(base_url=url, timeout=30) as client:
        session = client.post("/v1/session", json={"name": name, "password": PASSWORD})
        assert session.status_code == 200, session.text
        client.headers["X-Menwei-CSRF"] = session.json()["csrf"]
        yield client


def add_guard(gateway: Gateway, name: str) -> None:
    """Make an account."""
    words = {"name": name, "password": PASSWORD, "role": "guard"}
    url = f"{gateway.url.rstrip('/')}/v1/accounts"
    made = httpx.post(url, json=words, headers=gateway.guard.headers, timeout=30)
    assert made.status_code == 201, made.text


def press(who: httpx.Client, path: str, **body: Any) -> tuple[int, str]:
    answer = who.post(f"/v1/duty/gate/{path}", json={"request_id": uuid.uuid4().hex, **body})
    return answer.status_code, answer.json()["reason"]


def test_a_post_changes_hands_with_what_is_open_and_both_signatures(gateway: Gateway) -> None:
    for name in ("zhang", "lin"):
        add_guard(gateway, name)
    with logged_in(gateway.url, "zhang") as zhang, logged_in(gateway.url, "lin") as lin:
        assert press(zhang, "start") == (200, "on_duty_now")
        assert press(lin, "start") == (409, "on_duty:zhang")
        gateway.street.set_contact(CONTACT, True)
        forced = alarm(gateway, "door.forced")
        assert press(zhang, "offer", to="lin") == (200, "offered")
        items = [item["item"] for item in gateway.state()["duty"][0]["handover"]["items"]]
        assert items == [f"alarm:{forced['id']}", "siren:yard"]
        assert press(lin, "sign") == (409, "items_left:2")
        for item in items:
            assert press(lin, "take", item=item, note="锁舌松") == (200, "taken_over")
        assert press(zhang, "sign") == (200, "signed")
        assert press(lin, "sign") == (200, "handed_over")
    eventually(lambda: gateway.events("shift.handed_over"), "it is on record")
    gateway.kill()
    gateway.spawn()  # with an account there is no token any more: lin logs in as every guard does
    page = re.compile(r"page:\s+(http\S+)/")
    found = eventually(lambda: page.search("".join(gateway.output)), "the page's address is printed")
    with logged_in(found[1], "lin") as lin:
        [post] = lin.get("/v1/state").json()["duty"]
    assert (post["guard"], post["handover"]) == ("lin", None)
