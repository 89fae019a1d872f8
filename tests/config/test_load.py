"""Where settings come from and which source wins."""

from pathlib import Path

import pytest

from config.errors import ConfigError, Problem
from config.load import CONF_D_MAX, Loaded, load
from config.model import Admit, Site
from config.origins import OriginKind

LANE = '[lanes.east-in]\nbarrier = { board = "a", open_relay = 1 }\n'


def written(tmp_path: Path, text: str, **conf_d: str) -> Path:
    path = tmp_path / "site.toml"
    path.write_text(text, encoding="utf-8")
    for name, content in conf_d.items():
        (tmp_path / "conf.d").mkdir(exist_ok=True)
        (tmp_path / "conf.d" / f"{name}.toml").write_text(content, encoding="utf-8")
    return path


def loaded(tmp_path: Path, text: str, environ: dict[str, str] | None = None, **conf_d: str) -> Loaded:
    return load(written(tmp_path, text, **conf_d), environ=environ or {})


def problems(path: Path, **more: object) -> tuple[Problem, ...]:
    with pytest.raises(ConfigError) as caught:
        load(path, **{"environ": {}, **more})  # type: ignore[arg-type]
    return caught.value.problems


def test_an_empty_file_is_a_site_of_defaults(tmp_path: Path) -> None:
    site = loaded(tmp_path, "").site
    assert site.model_copy(update={"site": Site().site}) == Site()
    assert site.site.data_dir == tmp_path / "data"


def test_each_source_wins_over_the_weaker_ones(tmp_path: Path) -> None:
    path = written(tmp_path, "[web]\nport = 1\n[site]\nname = 'file'\nid = 'file'\n", a="[sync]\nkeep_days = 9\n")
    environ = {"MENWEI__WEB__PORT": "2", "MENWEI__SITE__NAME": "environment", "PATH": "/bin"}
    result = load(path, environ=environ, overrides={"web.port": "3"})
    assert (result.site.web.port, result.site.site.name, result.site.site.id) == (3, "environment", "file")
    shown = {key: str(result.origins[key]) for key in ("web.port", "site.name", "site.id", "sync.keep_days")}
    assert shown == {
        "web.port": "--set web.port",
        "site.name": "$MENWEI__SITE__NAME",
        "site.id": f"{path}:5",
        "sync.keep_days": f"{tmp_path / 'conf.d' / 'a.toml'}:2",
    }
    assert result.origins["web.host"].kind is OriginKind.DEFAULT


def test_tables_of_several_files_join(tmp_path: Path) -> None:
    site = loaded(
        tmp_path,
        "[cameras.a]\nsource = '0'\n",
        two="[cameras.b]\nsource = '1'\n",
        one="[cameras.a]\nplace = 'east'\n",
    ).site
    assert {name: (camera.source, camera.place) for name, camera in site.cameras.items()} == {
        "a": ("0", "east"),
        "b": ("1", ""),
    }


def test_the_same_setting_in_two_files_names_both_places(tmp_path: Path) -> None:
    path = written(tmp_path, "[web]\nport = 1\n", a="\n[web]\nport = 2\n", b="[web]\nhost = 'x'\n", c="web.host = 'y'")
    first, second = problems(path)
    conf_d = tmp_path / "conf.d"
    assert (first.place, first.key) == (f"{conf_d / 'a.toml'}:3", "web.port")
    assert f"{path}:2" in first.message_zh
    assert f"{path}:2" in first.message_en
    assert (second.place, second.key) == (f"{conf_d / 'c.toml'}:1", "web.host")
    assert f"{conf_d / 'b.toml'}:2" in second.message_en


def test_a_table_in_one_file_and_a_value_in_another_collide(tmp_path: Path) -> None:
    (problem,) = problems(written(tmp_path, "[web]\nport = 1\n", a="web = 5"))
    assert problem.key == "web"


def test_syntax_errors_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    found = problems(written(tmp_path, "a =\n", a="[b\n", c="[web]\n"))
    assert [Path(problem.file).name for problem in found] == ["site.toml", "a.toml"]


def test_a_mistake_in_conf_d_is_told_there(tmp_path: Path) -> None:
    path = written(tmp_path, "[cameras.a]\nsource = '0'\n", b="[cameras.a]\nplase = 'x'\n", a="\nwep.port = 1\n")
    found = [(Path(problem.file).name, problem.line, problem.key, problem.nearest) for problem in problems(path)]
    assert found == [("a.toml", 2, "wep", "web"), ("b.toml", 2, "cameras.a.plase", "place")]


def test_nothing_loaded_shows_a_password_in_a_log(tmp_path: Path) -> None:
    result = loaded(
        tmp_path, "cameras.a.source = 'rtsp://u:hush@h/'", {"MENWEI__CAMERAS__B__SOURCE": "rtsp://u:hush@h/"}
    )
    assert result.site.cameras["b"].source == "rtsp://u:hush@h/"
    assert "hush" not in repr(result)


def test_only_toml_files_that_are_not_hidden_count(tmp_path: Path) -> None:
    path = written(tmp_path, "", a="[web]\nport = 5\n")
    (tmp_path / "conf.d" / "a.toml~").write_text("broken")
    (tmp_path / "conf.d" / ".b.toml").write_text("broken")
    assert load(path, environ={}).site.web.port == 5


def test_too_many_files_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path, "", **{f"f{n}": "" for n in range(CONF_D_MAX + 1)})
    assert "more than" in problems(path)[0].message_en


def test_a_file_in_place_of_conf_d_is_an_error(tmp_path: Path) -> None:
    path = written(tmp_path, "")
    (tmp_path / "conf.d").write_text("")
    assert problems(path)[0].file.endswith("conf.d")


@pytest.mark.parametrize(
    ("name", "text", "key", "value"),
    [
        ("MENWEI__WEB__PORT", "81", "web.port", 81),
        ("menwei__web__port", "81", "web.port", 81),
        ("MENWEI__SITE__NAME", "007", "site.name", "007"),
        ("MENWEI__PLATES__SURE_CONFIDENCE", "0.5", "plates.sure_confidence", 0.5),
        ("MENWEI__LANES__EAST_IN__REQUIRE_APPROACH", "True", "lanes.east-in.require_approach", True),
        ("MENWEI__LANES__EAST_IN__ADMIT", "owners, anyone", "lanes.east-in.admit", (Admit.OWNERS, Admit.ANYONE)),
        ("MENWEI__LANES__EAST_IN__ADMIT", '["anyone"]', "lanes.east-in.admit", (Admit.ANYONE,)),
        ("MENWEI__LANES__EAST_IN__ADMIT", "", "lanes.east-in.admit", ()),
        ("MENWEI__LANES__EAST_IN__BARRIER__OPEN_RELAY", "2", "lanes.east-in.barrier.open_relay", 2),
        ("MENWEI__CAMERAS__NEW__SOURCE", "3", "cameras.new.source", "3"),
        ("MENWEI__VERSION", "1", "version", 1),
    ],
)
def test_a_variable_sets(tmp_path: Path, name: str, text: str, key: str, value: object) -> None:
    result = loaded(tmp_path, LANE, {name: text})
    found: object = result.site
    for part in key.split("."):
        found = found[part] if isinstance(found, dict) else getattr(found, part)
    assert found == value
    assert result.origins[key].file == f"${name}"


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("MENWEI__WEB__PROT", "MENWEI__WEB__PORT"),
        ("MENWEI__WEP__PORT", "MENWEI__WEB"),
        ("MENWEI__WEB", ""),
        ("MENWEI__", ""),
        ("MENWEI__LANES__EAST_IN__BARRIER__OPEN_RELAIS", "MENWEI__LANES__EAST_IN__BARRIER__OPEN_RELAY"),
        ("MENWEI__WEB__PORT__X", ""),
        ("MENWEI__LANES__???__PLACE", ""),
    ],
)
def test_an_unknown_variable_is_an_error_that_names_it(tmp_path: Path, name: str, nearest: str) -> None:
    (problem,) = problems(written(tmp_path, LANE), environ={name: "1"})
    assert problem.file == f"${name}"
    assert name in problem.message_zh
    assert name in problem.message_en
    assert problem.nearest == nearest


def test_other_variables_are_none_of_our_business(tmp_path: Path) -> None:
    assert loaded(tmp_path, "", {"MENWEI_TOKEN": "x", "HOME": "/"}).environ == {}


def test_two_spellings_of_one_variable_collide(tmp_path: Path) -> None:
    (problem,) = problems(written(tmp_path, ""), environ={"MENWEI__WEB__PORT": "1", "menwei__web__port": "2"})
    assert "$MENWEI__WEB__PORT" in problem.message_en


@pytest.mark.parametrize("text", ["x", "", "99999", "1.5", "１２", "9" * 5000, "true", "\udcff", "a\0b"])
def test_a_wrong_variable_is_told_at_the_variable(tmp_path: Path, text: str) -> None:
    (problem,) = problems(written(tmp_path, "[web]\nport = 1\n"), environ={"MENWEI__WEB__PORT": text})
    assert (problem.file, problem.line, problem.key) == ("$MENWEI__WEB__PORT", None, "web.port")


@pytest.mark.parametrize(
    ("key", "nearest"), [("web.prot", "port"), ("web", ""), ("", ""), ("web.port.x", ""), ("lanes.a.admit[0]", "admit")]
)
def test_an_unknown_override_is_told_at_the_option(tmp_path: Path, key: str, nearest: str) -> None:
    (problem,) = problems(written(tmp_path, ""), overrides={key: "1"})
    assert problem.file == f"--set {key}"
    assert problem.nearest == nearest


def test_overrides_may_be_values_as_well_as_text(tmp_path: Path) -> None:
    path = written(tmp_path, LANE)
    site = load(
        path,
        environ={},
        overrides={"web.port": 0, "site.data_dir": tmp_path / "other", "lanes.east-in.admit": ("anyone",)},
    ).site
    assert (site.web.port, site.site.data_dir) == (0, tmp_path / "other")
    assert site.lanes["east-in"].admit == (Admit.ANYONE,)


def test_file_and_variable_mistakes_are_told_together(tmp_path: Path) -> None:
    found = problems(written(tmp_path, "[web]\nprot = 1\n"), environ={"MENWEI__X": "1", "MENWEI__WEB__PORT": "no"})
    assert {problem.key or problem.file for problem in found} == {"web.prot", "$MENWEI__X", "web.port"}


def test_relative_paths_count_from_the_site_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written(
        tmp_path,
        """
[site]
data_dir = "d"
[sync]
token_file = "../t"
[cameras]
a = { source = "clips/car.mp4" }
b = { source = "rtsp://x/y" }
c = { source = "0" }
d = { source = "/dev/video0" }
[buses.b]
port = "tty"
""",
    )
    monkeypatch.chdir(tmp_path)
    site = load("site.toml", environ={}).site
    assert site.site.data_dir == tmp_path / "d"
    assert site.sync.token_file == tmp_path / "../t"
    assert site.buses["b"].port == tmp_path / "tty"
    assert [camera.source for camera in site.cameras.values()] == [
        str(tmp_path / "clips/car.mp4"),
        "rtsp://x/y",
        "0",
        "/dev/video0",
    ]
