"""The register over HTTP: searched, paged, exported with an audit line, corrected; the ledger beside it."""

from __future__ import annotations

import csv
import io
import time
from datetime import UTC, datetime
from typing import Any

import openpyxl
import pytest

from config.model import Site
from edge.observations import CorrectRegister
from edge.sheets import to_csv, to_xlsx
from edge.users.auth import Role
from sync.records import CameIn, Inside
from tests.web.gateway import SITE, Gateway
from tests.web.rig import Web


def came(gateway: Gateway, key: str, name: str, gate: str = "east-in", ago_s: float = 0.0) -> None:
    row = Inside(key=key, name=name, gate=gate, since_s=time.time() - ago_s, event_id=key)
    body = {"key": key, "name": name, "gate": gate, "reference": "", "again": False}
    gateway.record("register.came_in", f"lane:{gate}", body, changes=(CameIn(row),))


def went(gateway: Gateway, key: str, name: str, **more: Any) -> None:
    body = {"key": key, "name": name, "gate": "east-out", "gate_in": "", "since_us": None, "paired": False, **more}
    gateway.record("register.went_out", "lane:east-out", body)


async def test_the_register_pairs_entries_and_exits_and_is_paged(web: Web) -> None:
    came(web.gateway, "vehicle:粤B12345", "王先生")
    came(web.gateway, "visitor:v1", "访客甲")
    went(web.gateway, "vehicle:粤B12345", "王先生")
    guard = await web.logged_in(Role.GUARD)
    found = (await guard.get("/v1/register")).json()
    assert found["total"] == 2
    by_key = {stay["key"]: stay for stay in found["stays"]}
    assert by_key["vehicle:粤B12345"]["gate_out"] == "east-out"
    assert by_key["vehicle:粤B12345"]["out_s"] >= by_key["vehicle:粤B12345"]["in_s"]
    assert by_key["visitor:v1"]["out_s"] is None
    first = (await guard.get("/v1/register", params={"limit": 1})).json()["stays"]
    second = (await guard.get("/v1/register", params={"limit": 1, "offset": 1})).json()["stays"]
    assert first + second == found["stays"]


@pytest.mark.parametrize(
    ("params", "keys"),
    [
        ({"text": "b123"}, ["vehicle:粤B12345"]),
        ({"text": "访客"}, ["visitor:v1"]),
        ({"kind": "visitor"}, ["visitor:v1"]),
        ({"gate": "east-out"}, []),
        ({"from": "2020-01-01T00:00:00+08:00", "until": "2020-01-02T00:00:00+08:00"}, []),
    ],
)
async def test_the_register_is_searched(web: Web, params: dict[str, str], keys: list[str]) -> None:
    came(web.gateway, "vehicle:粤B12345", "王先生")
    came(web.gateway, "visitor:v1", "访客甲")
    reply = await (await web.logged_in(Role.GUARD)).get("/v1/register", params=params)
    assert [stay["key"] for stay in reply.json()["stays"]] == keys


async def test_who_came_before_the_span_and_is_still_inside_stands_in_it(web: Web) -> None:
    row = Inside(key="person:p1", name="王先生", gate="east-in", since_s=time.time() - 3 * 86400, event_id="e")
    web.gateway.record("lists.changed", "gateway", {"change": "restored"}, changes=(CameIn(row),))
    [stay] = (await (await web.logged_in(Role.GUARD)).get("/v1/register")).json()["stays"]
    assert (stay["key"], stay["gate_in"], stay["out_s"]) == ("person:p1", "east-in", None)


async def test_an_empty_span_is_refused(web: Web) -> None:
    now = datetime.now(UTC).isoformat()
    reply = await (await web.logged_in(Role.GUARD)).get("/v1/register", params={"from": now, "until": now})
    assert (reply.status_code, reply.json()["error"]["code"]) == (422, "window")


@pytest.mark.parametrize("form", ["csv", "xlsx"])
async def test_every_export_leaves_a_line_in_the_log(web: Web, form: str) -> None:
    came(web.gateway, "vehicle:粤B12345", "=cmd|' /C calc'!A0")
    auditor = await web.logged_in(Role.AUDITOR)
    reply = await auditor.get(f"/v1/register.{form}", params={"text": "B1"})
    assert reply.status_code == 200
    assert f"register.{form}" in reply.headers["content-disposition"]
    if form == "csv":
        name = list(csv.reader(io.StringIO(reply.content.decode("utf-8-sig"))))[1][1]
        assert name.startswith("'=")
    else:
        cell = openpyxl.load_workbook(io.BytesIO(reply.content)).active["B2"]
        assert (cell.data_type, cell.value) == ("s", "=cmd|' /C calc'!A0")
    [event] = [e for e in web.gateway.store.read_after(0) if e.kind == "register.exported"]
    body = event.data()
    assert (event.source, body["format"], body["rows"], body["text"]) == ("operator:auditor-test", form, "1", "B1")


async def test_a_guard_looks_but_takes_no_copy_of_the_register(web: Web) -> None:
    guard = await web.logged_in(Role.GUARD)
    assert (await guard.get("/v1/register.csv")).status_code == 403
    assert "register.exported" not in web.kinds()


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "粤B12345", ""])
def test_no_cell_runs(text: str) -> None:
    [_, [cell]] = list(csv.reader(io.StringIO(to_csv(["h"], [[text]]).decode("utf-8-sig"), newline="")))
    assert cell in (text, f"'{text}")
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    shown = openpyxl.load_workbook(io.BytesIO(to_xlsx(["h"], [[text]], "t"))).active["A2"]
    assert shown.data_type != "f"
    assert (shown.value or "").strip() == text.strip()


async def test_the_evacuation_list_has_people_first_and_can_be_printed(web: Web) -> None:
    came(web.gateway, "vehicle:京A11111", "", ago_s=13 * 3600)
    came(web.gateway, "person:p1", "王先生")
    guard = await web.logged_in(Role.GUARD)
    reply = (await guard.get("/v1/inside")).json()
    assert [one["key"] for one in reply["inside"]] == ["person:p1", "vehicle:京A11111"]
    assert [one["overstayed"] for one in reply["inside"]] == [False, True]
    assert reply["counts"] == {"person": 1, "visitor": 0, "vehicle": 1}
    printed = await guard.get("/v1/inside.csv")
    assert "王先生" in printed.content.decode("utf-8-sig")
    assert "register.exported" in web.kinds()


async def test_a_correction_goes_through_the_gateway_with_its_reason(web: Web) -> None:
    guard = await web.logged_in(Role.GUARD)
    body = {"request_id": "request-1", "key": "vehicle:京A11111", "reason": "seen leaving"}
    await guard.post("/v1/inside/correct", json=body)
    [act] = web.gateway.acted
    assert isinstance(act, CorrectRegister)
    assert (act.key, act.reason, act.operator.name) == ("vehicle:京A11111", "seen leaving", "guard-test")
    assert (await guard.post("/v1/inside/correct", json=body | {"reason": " "})).status_code == 422


@pytest.fixture
def ledger(web: Web) -> Site:
    entry = {"device": "camera:east", "brand": "某牌", "installed": "2020-01-01", "maintenance_days": 90}
    raw = {**SITE.model_dump(mode="json", exclude_unset=True), "equipment": {"east-camera": entry}}
    site = Site.model_validate(raw)
    web.app.state.site = site
    return site


async def test_the_ledger_says_how_a_device_does_and_what_is_due(web: Web, ledger: Site) -> None:
    web.gateway.record("camera.back", "camera:east", {"down_s": 0, "first": True})
    auditor = await web.logged_in(Role.AUDITOR)
    found = (await auditor.get("/v1/equipment")).json()
    [row] = found["equipment"]
    assert (row["name"], row["up"], row["uptime"], row["brand"]) == ("east-camera", True, 1.0, "某牌")
    assert (row["overdue"], [w["kind"] for w in row["warnings"]]) == (True, ["maintenance"])
    assert found["uptime"] == 1.0


async def test_maintenance_is_noted_by_a_supervisor_and_moves_the_day(web: Web, ledger: Site) -> None:
    body = {"request_id": "request-1", "by": "某某公司", "work": "清洁镜头"}
    guard, chief = await web.logged_in(Role.GUARD), await web.logged_in(Role.SUPERVISOR)
    assert (await guard.post("/v1/equipment/east-camera/maintenance", json=body)).status_code == 403
    assert (await chief.post("/v1/equipment/east-camera/maintenance", json=body)).status_code == 201
    assert (await chief.post("/v1/equipment/moon/maintenance", json=body)).status_code == 404
    late = body | {"on": "2999-01-01"}
    assert (await chief.post("/v1/equipment/east-camera/maintenance", json=late)).status_code == 422
    [row] = (await chief.get("/v1/equipment")).json()["equipment"]
    assert (row["overdue"], row["warnings"]) == (False, [])
    assert row["maintained_on"] is not None
    assert web.kinds().count("equipment.maintained") == 1
