"""The figures over HTTP: the same numbers as JSON, CSV, XLSX and PDF, each file on record; a shift as a span."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from zoneinfo import ZoneInfo

import openpyxl
import pytest

from edge.users.auth import Role
from tests.web.rig import Web


def written(web: Web) -> int:
    """A shift with two alarms, one of them false, and an opening by hand; the number of the shift."""
    record = web.gateway.record
    shift = record("shift.started", "operator:li", {"post": "gate", "guard": "li", "after": ""})
    for id_, outcome in (("a", "handled"), ("b", "false")):
        body = {"alarm": id_, "kind": "lane.forced", "alarm_priority": 1, "place": "东门"}
        record("alarm.opened", "lane:east-in", body)
        record("alarm.acknowledged", "operator:li", {"alarm": id_, "kind": "lane.forced", "after_s": 60.0})
        closed = {"alarm": id_, "kind": "lane.forced", "outcome": outcome, "note": "", "count": 1, "age_s": 120.0}
        record("alarm.closed", "operator:li", closed)
    record("operator.opened", "operator:li", {"lane": "east-in", "reason": "=courier"})
    return shift


@pytest.mark.parametrize("period", ["day", "month", "quarter"])
async def test_a_manager_reads_what_the_log_says(web: Web, period: str) -> None:
    written(web)
    auditor = await web.logged_in(Role.AUDITOR)
    found = (await auditor.get("/v1/figures", params={"period": period})).json()
    assert (found["rates"]["alarms"], found["rates"]["false_share"]) == (2, 0.5)
    respond = next(one for one in found["responses"] if (one["clock"], one["priority"]) == ("respond", 1))
    assert (respond["within"], respond["late"], respond["p95_s"], respond["limit_s"]) == (2, 0, 60.0, 900.0)
    assert found["openings"]["hand_reasons"] == [{"name": "=courier", "n": 1}]
    assert found["kept"] == 1.0


async def test_a_shift_is_chosen_from_those_of_the_day(web: Web) -> None:
    seq = written(web)
    chief = await web.logged_in(Role.SUPERVISOR)
    [shift] = (await chief.get("/v1/figures/shifts")).json()["shifts"]
    assert (shift["shift"], shift["post"], shift["guard"], shift["until_s"]) == (seq, "gate", "li", None)
    found = (await chief.get("/v1/figures", params={"period": "shift", "shift": seq})).json()
    assert found["span"]["name"].startswith("gate li ")
    assert found["rates"]["alarms"] == 2
    unknown = await chief.get("/v1/figures", params={"period": "shift", "shift": seq + 1})
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "unknown_shift")


async def test_a_guard_is_shown_no_figures(web: Web) -> None:
    guard = await web.logged_in(Role.GUARD)
    for path in ("/v1/figures", "/v1/figures/shifts", "/v1/figures.csv"):
        assert (await guard.get(path)).status_code == 403


async def test_every_file_holds_the_figures_and_leaves_a_line(web: Web) -> None:
    written(web)
    chief = await web.logged_in(Role.SUPERVISOR)
    files = {
        form: await chief.get(f"/v1/figures.{form}", params={"period": "month"}) for form in ("csv", "xlsx", "pdf")
    }
    assert {form: reply.status_code for form, reply in files.items()} == {"csv": 200, "xlsx": 200, "pdf": 200}
    rows = list(csv.reader(io.StringIO(files["csv"].content.decode("utf-8-sig"))))
    cells = {(section, row, column): value for _, section, row, column, value in rows[1:]}
    assert cells["告警来源 sources", "1", "误报率 false share"] == "—"  # two verdicts say nothing yet
    assert cells["放行 openings", "1", "项目 item"] == "'=courier"
    book = openpyxl.load_workbook(io.BytesIO(files["xlsx"].content))
    assert "概要 summary" in book.sheetnames
    assert [cell.value for cell in book["告警来源 sources"][2]][:5] == [
        "东门", "lane:east-in", "道闸被强行打开 barrier opened by force", "2", "2",
    ]  # fmt: skip
    assert files["pdf"].content.startswith(b"%PDF-")
    month = f"{datetime.now(ZoneInfo('Asia/Shanghai')):%Y-%m}"
    said = [e.data() for e in web.gateway.store.read_after(0) if e.kind == "figures.exported"]
    assert [(one["format"], one["span"]) for one in said] == [(form, month) for form in ("csv", "xlsx", "pdf")]
    assert f"{month}.csv" in files["csv"].headers["content-disposition"]


async def test_the_pdf_asks_its_reader_for_a_chinese_font(web: Web) -> None:
    chief = await web.logged_in(Role.SUPERVISOR)
    data = (await chief.get("/v1/figures.pdf")).content
    assert b"STSong-Light" in data
    assert b"UniGB-UCS2-H" in data
