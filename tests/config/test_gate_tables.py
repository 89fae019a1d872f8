"""Tables of doors, schedules, displays and passes: dates, maps of numbers, lists of tables and of files."""

import datetime
from pathlib import Path

from config.load import load
from config.show import render

TEXT = """\
[schedules.office]
holidays = [2026-10-01, "2027-01-01"]
[[schedules.office.windows]]
days = ["mon", "holiday"]
begin = "08:30"
end = "24:00"
[displays.east]
port = "/dev/ttyUSB1"
lane = "east"
parameters = { voice = 7 }
[equipment.barrier]
device = "lane:east"
installed = 2025-03-01
[passes]
public_keys = ["app.pem", "/etc/menwei/office.pem"]
gates = { east = 1, lobby = 64 }
[readers.lobby]
kind = "osdp"
door = "lobby"
key_file = "lobby.key"
"""


def write(folder: Path, text: str = TEXT) -> Path:
    path = folder / "site.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_dates_may_be_bare_or_in_quotes(tmp_path: Path) -> None:
    site = load(write(tmp_path), environ={}).site
    assert site.schedules["office"].holidays == (datetime.date(2026, 10, 1), datetime.date(2027, 1, 1))
    assert site.equipment["barrier"].installed == datetime.date(2025, 3, 1)
    assert [window.days for window in site.schedules["office"].windows] == [("mon", "holiday")]


def test_maps_of_numbers_keep_their_names(tmp_path: Path) -> None:
    site = load(write(tmp_path), environ={"MENWEI__PASSES__GATES__LOBBY": "9"}).site
    assert site.displays["east"].parameters == {"voice": 7}
    assert site.passes.gates == {"east": 1, "lobby": 9}


def test_key_files_count_from_the_site_file(tmp_path: Path) -> None:
    site = load(write(tmp_path), environ={}).site
    assert site.passes.public_keys == (tmp_path / "app.pem", Path("/etc/menwei/office.pem"))
    assert site.readers["lobby"].key_file == tmp_path / "lobby.key"


def test_a_key_file_may_be_a_credential_of_the_service(tmp_path: Path) -> None:
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (credentials / "lobby.key").write_text("00" * 16, encoding="ascii")
    site = load(write(tmp_path), environ={"CREDENTIALS_DIRECTORY": str(credentials)}).site
    assert site.readers["lobby"].key_file == credentials / "lobby.key"


def test_what_is_shown_loads_to_the_same_site(tmp_path: Path) -> None:
    loaded = load(write(tmp_path), environ={})
    again = tmp_path / "again"
    again.mkdir()
    assert load(write(again, render(loaded)), environ={}).site == loaded.site
