"""A broken site file after a restart: the last good copy runs and says why."""

import json
import stat
from pathlib import Path

import pytest

from config.errors import ConfigError
from config.last_good import FILE_NAME, load_or_last_good, save_last_good
from config.load import load

GOOD = '[web]\nport = 81\n[site]\ndata_dir = "{data}"\n[cameras.a]\nsource = "clip.mp4"\nlane = "l"\n'
LANES = '[buses.b]\nport = "/dev/x"\n[boards.a]\nbus = "b"\n[lanes.l]\nbarrier = { board = "a", open_relay = 1 }\n'


def started(tmp_path: Path, data: str = "data", environ: dict[str, str] | None = None) -> Path:
    """A site that has started well once."""
    path = tmp_path / "site.toml"
    (tmp_path / "conf.d").mkdir(exist_ok=True)
    path.write_text(GOOD.format(data=data), encoding="utf-8")
    (tmp_path / "conf.d" / "lanes.toml").write_text(LANES, encoding="utf-8")
    loaded, problem = load_or_last_good(path, environ=environ or {})
    assert problem is None
    save_last_good(loaded)
    return path


@pytest.mark.parametrize(
    "broken",
    [
        GOOD.format(data="other").replace("81", "eighty"),
        GOOD.format(data="other").replace("port", "prot"),
        GOOD.format(data="other").replace('lane = "l"', 'lane = "nowhere"'),
        GOOD.format(data="other") + LANES,
        "\0",
    ],
    ids=["syntax", "unknown key", "reference", "setting in two files", "damaged"],
)
@pytest.mark.parametrize("data", ["data", "elsewhere/deep"])
def test_the_last_good_site_runs_and_the_mistake_is_told(tmp_path: Path, broken: str, data: str) -> None:
    path = started(tmp_path, data)
    before = load(path, environ={})
    path.write_text(broken.replace("other", data), encoding="utf-8")
    loaded, problem = load_or_last_good(path, environ={}, data_dir=tmp_path / data)
    assert problem is not None
    assert problem.problems[0].file.startswith(str(tmp_path))
    assert loaded.site == before.site
    assert loaded.origins["web.port"].file == f"{FILE_NAME}:{path}"


@pytest.mark.parametrize("broken", ["[web]\nport = eighty\n", "[web]\nprot = 1\n"], ids=["syntax", "unknown key"])
def test_the_data_directory_is_found_although_the_file_is_broken(tmp_path: Path, broken: str) -> None:
    path = started(tmp_path, "far/away")
    path.write_text(broken + '[site]\n  data_dir = "far/away"\n', encoding="utf-8")
    loaded, problem = load_or_last_good(path, environ={})
    assert problem is not None
    assert loaded.site.web.port == 81


def test_the_data_directory_is_found_by_variable_and_by_option(tmp_path: Path) -> None:
    environ = {"MENWEI__SITE__DATA_DIR": str(tmp_path / "v")}
    path = started(tmp_path, environ=environ)
    path.unlink()
    assert load_or_last_good(path, environ=environ)[1] is not None
    assert load_or_last_good(path, environ={}, overrides={"site.data_dir": tmp_path / "v"})[1] is not None
    with pytest.raises(ConfigError, match="no such file"):
        load_or_last_good(path, environ={})


def test_a_wrong_variable_falls_back_to_the_variables_of_then(tmp_path: Path) -> None:
    path = started(tmp_path, environ={"MENWEI__WEB__PORT": "99"})
    loaded, problem = load_or_last_good(path, environ={"MENWEI__WEB__PROT": "1"})
    assert problem is not None
    assert problem.problems[0].file == "$MENWEI__WEB__PROT"
    assert loaded.site.web.port == 99


def test_without_a_copy_the_mistake_is_raised(tmp_path: Path) -> None:
    path = tmp_path / "site.toml"
    path.write_text("broken", encoding="utf-8")
    with pytest.raises(ConfigError, match="TOML syntax"):
        load_or_last_good(path, environ={})


@pytest.mark.parametrize(
    "damage",
    [
        "",
        "[]",
        "{}",
        "null",
        '{"format": 1}',
        "[" * 100_000,
        '{"format": 2, "path": "PATH", "sources": [], "environ": {}, "overrides": {}}',
        '{"format": 1, "path": "PATH", "sources": [{"file": "x", "text": "broken"}], "environ": {}, "overrides": {}}',
        '{"format": 1, "path": "PATH", "sources": [{"file": 1, "text": 2}], "environ": {}, "overrides": {}}',
        '{"format": 1, "path": "PATH", "sources": [], "environ": {"MENWEI__X": 1}, "overrides": {"web.port": []}}',
        '{"format": 1, "path": "PATH", "sources": 5, "environ": 5, "overrides": 5}',
    ],
)
def test_a_damaged_copy_is_no_copy(tmp_path: Path, damage: str) -> None:
    path = started(tmp_path)
    (tmp_path / "data" / FILE_NAME).write_text(damage.replace("PATH", str(path)), encoding="utf-8")
    path.write_text("broken", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"site\.toml:1"):
        load_or_last_good(path, environ={})


def test_the_copy_of_another_site_is_not_taken(tmp_path: Path) -> None:
    started(tmp_path)
    other = tmp_path / "other.toml"
    other.write_text("broken", encoding="utf-8")
    with pytest.raises(ConfigError):
        load_or_last_good(other, environ={})


def test_the_copy_is_for_the_owner_only_and_leaves_no_draft(tmp_path: Path) -> None:
    path = started(tmp_path)
    copy = save_last_good(load(path, environ={}))
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert [file.name for file in copy.parent.iterdir()] == [FILE_NAME]
    assert json.loads(copy.read_text(encoding="utf-8"))["sources"][0]["text"] == path.read_text(encoding="utf-8")


def test_a_disk_that_refuses_leaves_the_older_copy(tmp_path: Path) -> None:
    path = started(tmp_path)
    before = (tmp_path / "data" / FILE_NAME).read_bytes()
    loaded = load(path, environ={}, overrides={"site.data_dir": "/proc/nowhere"})
    with pytest.raises(OSError, match="/proc/nowhere"):
        save_last_good(loaded)
    assert (tmp_path / "data" / FILE_NAME).read_bytes() == before
