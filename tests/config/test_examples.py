"""The example sites load without a finding, in both languages, and the schema and the display fit them."""

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import config
from config.boards import BOARD_MODELS
from config.check import check
from config.keys import leaves, templates
from config.load import load
from config.schema import json_schema
from config.show import render

EXAMPLES = Path(config.__file__).parent / "examples"
SITES = sorted(EXAMPLES.glob("*.toml")) + sorted(EXAMPLES.glob("*/site.toml"))
FILES = sorted(EXAMPLES.rglob("*.toml"))
CHINESE = re.compile("[\u4e00-\u9fff]")


def test_there_are_the_examples_that_the_readme_names() -> None:
    names = {path.relative_to(EXAMPLES).as_posix() for path in SITES}
    assert names >= {"single-gate.toml", "two-gates.toml", "residential/site.toml"}


@pytest.mark.parametrize("path", SITES, ids=lambda path: path.relative_to(EXAMPLES).as_posix())
def test_an_example_loads_without_error_or_warning(path: Path) -> None:
    loaded = load(path, environ={})
    assert [problem.render() for problem in check(loaded.site, loaded.origins)] == []
    assert loaded.site.lanes
    assert loaded.site.fire.input is not None


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(EXAMPLES).as_posix())
def test_an_example_offers_completion_and_speaks_both_languages(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("#:schema ")
    comments = " ".join(line.partition("#")[2] for line in lines[1:])
    assert CHINESE.search(comments)
    assert re.search(r"[a-z]{3,} [a-z]{2,} [a-z]{2,}", comments)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(EXAMPLES).as_posix())
def test_an_example_names_only_addresses_reserved_for_documentation(path: Path) -> None:
    addresses = set(re.findall(r"\d+\.\d+\.\d+\.\d+", path.read_text(encoding="utf-8")))
    assert all(address.startswith(("192.0.2.", "127.0.0.1")) for address in addresses)


@pytest.mark.parametrize("path", SITES, ids=lambda path: path.relative_to(EXAMPLES).as_posix())
def test_what_is_shown_loads_to_the_same_site(path: Path, tmp_path: Path) -> None:
    loaded = load(path, environ={})
    again = tmp_path / "site.toml"
    again.write_text(render(loaded), encoding="utf-8")
    assert load(again, environ={}).site == loaded.site


def test_each_shown_setting_tells_its_origin(tmp_path: Path) -> None:
    path = tmp_path / "site.toml"
    path.write_text("[web]\nport = 81\n[site]\nname = '门'\n", encoding="utf-8")
    loaded = load(path, environ={"MENWEI__WEB__HOST": "::1"}, overrides={"sync.keep_days": 5})
    lines = render(loaded).splitlines()
    assert f"web.port = 81  # {path}:2" in lines
    assert f'site.name = "门"  # {path}:4' in lines
    assert 'web.host = "::1"  # $MENWEI__WEB__HOST' in lines
    assert "sync.keep_days = 5.0  # --set sync.keep_days" in lines
    assert "eyes.workers = 1  # 默认 / default" in lines
    assert "# web.tls_key 未设 / not set" in lines
    assert len(lines) == sum(1 for _ in leaves(loaded.site))
    assert "  # " not in render(loaded, origins=False)


def test_shown_sources_hide_their_passwords(tmp_path: Path) -> None:
    path = tmp_path / "site.toml"
    path.write_text(
        "[cameras]\na.source = 'rtsp://admin:p@ss/w\"rd@192.0.2.1/s'\nb.source = 'http://x/y?user=u&pwd=hush&n=1'\n"
        "c.source = 'rtsp://192.0.2.1/s'\n",
        encoding="utf-8",
    )
    shown = tomllib.loads(render(load(path, environ={})))["cameras"]
    assert {name: camera["source"] for name, camera in shown.items()} == {
        "a": "rtsp://admin:***@192.0.2.1/s",
        "b": "http://x/y?user=u&pwd=***&n=1",
        "c": "rtsp://192.0.2.1/s",
    }


def descriptions(schema: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every property of the schema and every table, with its description."""
    if isinstance(schema, dict):
        for name, below in schema.get("properties", {}).items():
            yield f"{path}.{name}", below.get("description", "")
        for name, below in schema.get("$defs", {}).items():
            yield name, below.get("description", "")
            yield from descriptions(below, name)


def test_the_schema_describes_everything_in_both_languages() -> None:
    found = dict(descriptions(json_schema()))
    assert len(found) > 80
    for name, text in found.items():
        zh, separator, en = text.partition(" / ")
        assert separator, name
        assert CHINESE.search(zh), name
        assert re.search("[a-z]{2}", en), name
        assert "``" not in text, name


def test_the_schema_knows_every_setting_and_refuses_others() -> None:
    schema = json_schema()
    assert schema["$schema"].startswith("https://json-schema.org/")
    assert json.loads(json.dumps(schema)) == schema

    def resolve(node: dict[str, Any]) -> dict[str, Any]:
        for option in [node, *node.get("anyOf", [])]:
            if "$ref" in option:
                found: dict[str, Any] = schema["$defs"][option["$ref"].rsplit("/", 1)[1]]
                return found
        return node

    for path in templates():
        node = schema
        for part in path:
            if part == "NAME":
                ((_, node),) = (node.get("patternProperties") or {"": node["additionalProperties"]}).items()
            else:
                assert node.get("additionalProperties") is False or node is schema
                node = node["properties"][str(part)]
            node = resolve(node)
    assert schema["additionalProperties"] is False
    assert schema["$defs"]["Board"]["properties"]["model"]["examples"] == list(BOARD_MODELS)
