"""``menwei visitor``: codes issued, checked, listed and revoked over the store of a stopped gateway."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edge.cli.main import cli
from sync.store import Store

SITE = """
[site]
data_dir = 'data'
[passes]
codes_per_host = 2
[buses.rs485]
port = '/dev/null'
[boards.box]
bus = 'rs485'
[lanes.east]
barrier = { board = 'box', open_relay = 1 }
[lanes.west]
barrier = { board = 'box', open_relay = 2 }
"""
WINDOW = ("--from", "2030-05-01T09:00+08:00", "--until", "2030-05-01T18:00+08:00")
NOON = "2030-05-01T12:00+08:00"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    file = tmp_path / "site.toml"
    file.write_text(SITE, encoding="utf-8")
    return file


def visitor(site: Path, *words: str, typed: str = "") -> Result:
    return CliRunner().invoke(cli, ["visitor", words[0], "--site", str(site), *words[1:]], input=typed)


def issued(site: Path, *more: str) -> tuple[str, str]:
    """Digits and id of a new code."""
    result = visitor(site, "issue", "--host", "王", "--visitor", "李", *WINDOW, *more)
    assert result.exit_code == 0, result.output
    digits, code_id = result.output.strip().split("\t")
    return digits, code_id


def test_a_code_is_issued_checked_listed_and_revoked(site: Path) -> None:
    digits, code_id = issued(site, "--gates", "east")
    granted = visitor(site, "check", digits, "--gate", "east", "--at", NOON)
    assert (granted.exit_code, json.loads(granted.output)["id"]) == (0, code_id)
    for more, reason in (
        (("--gate", "west", "--at", NOON), "code_wrong_gate"),
        (("--gate", "east", "--at", "2030-05-01T08:00+08:00"), "code_early"),
    ):
        refused = visitor(site, "check", digits, *more)
        assert (refused.exit_code, json.loads(refused.output)["reason"]) == (1, reason)
    listed = visitor(site, "list").output
    assert code_id in listed
    assert digits not in listed
    assert visitor(site, "revoke", code_id).exit_code == 0
    assert json.loads(visitor(site, "check", digits, "--gate", "east", "--at", NOON).output)["reason"] == "code_revoked"
    assert visitor(site, "list").output == ""
    assert "revoked" in visitor(site, "list", "--all").output


def test_the_digits_can_be_read_instead_of_standing_on_the_command_line(site: Path) -> None:
    digits, _ = issued(site, "--plate", "京A·12345")
    assert len(digits) == 6
    at = ("--gate", "east", "--at", NOON)
    assert visitor(site, "check", "-", *at, "--plate", "京A12345", typed=f"{digits}\n").exit_code == 0
    assert visitor(site, "check", "-", *at, typed=f"{digits}\n").exit_code == 1


def test_neither_files_nor_events_hold_the_digits_or_the_pepper(site: Path) -> None:
    digits, code_id = issued(site)
    data = site.parent / "data"
    pepper = (data / "codes.key").read_bytes().strip()
    assert (data / "codes.key").stat().st_mode & 0o777 == 0o600
    files = [path for path in data.rglob("*") if path.is_file() and path.name != "codes.key"]
    assert files
    for path in files:
        assert digits.encode() not in path.read_bytes(), path
        assert pepper not in path.read_bytes(), path
    with Store.open(data / "menwei.db", gateway_id="gate-1") as store:
        bodies = [json.loads(event.body) for event in store.read_after(0) if event.kind == "lists.changed"]
    assert [(body["change"], body["code"]) for body in bodies] == [("code.put", code_id)]


@pytest.mark.parametrize(
    ("more", "status", "says"),
    [
        (("--gates", "nowhere"), 2, "there are: east, west"),
        (("--uses", "0"), 2, "1 to 1000"),
        (("--phone", "12"), 2, "four digits"),
        (("--until", "2030-05-01T08:00+08:00"), 2, "later than the begin"),
        (("--until", "soon"), 2, "not an ISO 8601 time"),
    ],
)
def test_an_odd_wish_gets_a_sentence(site: Path, more: tuple[str, ...], status: int, says: str) -> None:
    result = visitor(site, "issue", "--host", "王", "--visitor", "李", *WINDOW, *more)
    assert result.exit_code == status
    assert says in result.output


def test_a_host_cannot_have_more_live_codes_than_the_site_allows(site: Path) -> None:
    issued(site)
    issued(site)
    third = visitor(site, "issue", "--host", "王", "--visitor", "李", *WINDOW)
    assert (third.exit_code, "上限" in third.output) == (1, True)


def test_an_unknown_id_is_not_revoked(site: Path) -> None:
    result = visitor(site, "revoke", "none")
    assert (result.exit_code, "menwei visitor list" in result.output) == (1, True)


@pytest.mark.parametrize(("content", "mode"), [("00" * 32, 0o644), ("zz", 0o600), ("00", 0o600)])
def test_a_pepper_that_cannot_be_trusted_is_named(site: Path, content: str, mode: int) -> None:
    data = site.parent / "data"
    data.mkdir()
    (data / "codes.key").write_text(content, encoding="ascii")
    (data / "codes.key").chmod(mode)
    result = visitor(site, "issue", "--host", "王", "--visitor", "李", *WINDOW)
    assert (result.exit_code, "codes.key" in result.output) == (1, True)


def test_while_the_gateway_runs_the_command_says_so(site: Path) -> None:
    issued(site)
    with Store.open(site.parent / "data" / "menwei.db", gateway_id="gate-1"):
        result = visitor(site, "issue", "--host", "王", "--visitor", "李", *WINDOW)
    assert (result.exit_code, "in use by another process" in result.output) == (1, True)


def test_the_text_to_send_says_what_the_visitor_needs(site: Path) -> None:
    words = ("issue", "--host", "3-201", "--visitor", "李", *WINDOW, "--text", "--uses", "2")
    first, zh, en = visitor(site, *words, "--phone", "13800138000").output.splitlines()
    digits = first.split("\t")[0]
    for line, needed in ((zh, ("可进入 2 次", "手机号后四位")), (en, ("entries: 2", "last four digits"))):
        assert digits in line
        assert "2030-05-01 09:00 – 2030-05-01 18:00" in line
        assert all(part in line for part in needed)
        assert "3-201" not in line
        assert "8000" not in line.replace(digits, "")


def test_the_picture_is_a_qr_code_of_the_digits(site: Path, tmp_path: Path) -> None:
    pytest.importorskip("zxingcpp", reason="the extra `qr` is not installed")
    from tests.edge.svg_reader import read_svg

    digits, _ = issued(site, "--picture", str(tmp_path / "code.svg"))
    assert read_svg(tmp_path / "code.svg") == digits
    bound = visitor(
        site, "issue", "--host", "王", "--visitor", "李", *WINDOW, "--phone", "13800138000", "--picture", "x.svg"
    )
    assert bound.exit_code == 2
