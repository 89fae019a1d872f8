"""Both languages say everything: keys, placeholders, every kind of event, every reason of the gateway."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from devices.messages import FailReason
from edge.access.passes import PassReason
from edge.access.phone_keys import PhoneRefusal
from edge.access.plates import Reason
from edge.access.slips import SlipReason
from edge.access.visitor_codes import CodeReason
from edge.doors.types import DoorState
from edge.lanes.machine import LaneState
from edge.users.roles import Role
from vision.observations import CameraFault, ViewFault

PAGE = Path(__file__).resolve().parents[2] / "edge/web/page"
LOCALES = {name: json.loads((PAGE / f"src/locales/{name}.json").read_text("utf-8")) for name in ("zh", "en")}


def test_both_languages_have_the_same_keys_and_places_for_values() -> None:
    zh, en = LOCALES["zh"], LOCALES["en"]
    assert zh.keys() == en.keys()
    for key in zh:
        assert sorted(re.findall(r"{\w+}", zh[key])) == sorted(re.findall(r"{\w+}", en[key])), key
        assert zh[key].strip()
        assert en[key].strip()


def test_chinese_is_chinese_and_english_is_not() -> None:
    han = re.compile(r"[\u4e00-\u9fff]")
    assert [k for k, text in LOCALES["en"].items() if han.search(text) and k != "strip.language"] == []
    assert [k for k, text in LOCALES["zh"].items() if not han.search(text) and k != "strip.language"] == []


@pytest.mark.parametrize(
    ("prefix", "names"),
    [
        ("reason", Reason),
        ("reason", CodeReason),
        ("reason", PassReason),
        ("reason", PhoneRefusal),
        ("reason", CameraFault),
        ("reason", ViewFault),
        ("fault", FailReason),
        ("reason", SlipReason),
        ("state", LaneState),
        ("door", DoorState),
        ("role", Role),
    ],
)
def test_whatever_the_gateway_says_has_words(prefix: str, names: Any) -> None:
    keys = {f"{prefix}.{name.value if hasattr(name, 'value') else name}" for name in names}
    assert keys - LOCALES["zh"].keys() == set()


def test_every_key_that_the_page_asks_for_exists() -> None:
    asked: set[str] = set()
    for source in (PAGE / "src").glob("*.js"):
        asked |= set(re.findall(r"\bt\((?:\w+ \? )?'([\w.]+)'", source.read_text("utf-8")))
    assert len(asked) > 60
    assert asked - LOCALES["zh"].keys() == set()


def test_the_lock_file_names_no_server_and_pins_every_package() -> None:
    text = (PAGE / "package-lock.json").read_text("utf-8")
    assert "://" not in text
    packages = {name: p for name, p in json.loads(text)["packages"].items() if name}
    assert all(p["integrity"].startswith("sha512-") for p in packages.values())
