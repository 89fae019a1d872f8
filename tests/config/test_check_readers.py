"""Readers, cameras that read, and displays, held against doors, lanes, ports and each other."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.config.gate_site import GOOD, changed
from tests.config.test_check import assert_error, assert_warning, checked


def test_face_beside_another_way_in_is_sound(tmp_path: Path) -> None:
    assert checked(tmp_path, FACES + '[readers.look]\nkind = "face"\ncamera = "c"\ndoor = "shop"\n') == []


FACES = changed('duties = ["plates", "qr"]', 'duties = ["plates", "qr", "faces"]')

# What was broken: the text, the table and setting that is blamed, the dotted key, the nearest name, words of it.
ERRORS = {
    "reader that opens nothing": (
        changed(
            'kind = "keypad"\nport = "/dev/ttyUSB2"\ndoor = "shop"', 'kind = "keypad"\nport = "/dev/ttyUSB2"'
        ).replace('second_factor = "pin"\n', ""),
        "readers.keys",
        "readers.keys",
        "",
        "neither a lane nor a door",
    ),
    "reader that opens two things": (
        changed('camera = "c"\nlane = "gate"', 'camera = "c"\nlane = "gate"\ndoor = "shop"'),
        "readers.code.door",
        "readers.code.door",
        "",
        "both a lane and a door",
    ),
    "reader of no door": (
        changed('door = "outer"', 'door = "otter"'),
        "readers.card.door",
        "readers.card.door",
        "outer",
        "no [doors.otter]",
    ),
    "reader of no lane": (
        changed('camera = "c"\nlane = "gate"', 'camera = "c"\nlane = "gat"'),
        "readers.code.lane",
        "readers.code.lane",
        "gate",
        "no [lanes.gat]",
    ),
    "OSDP reader without a port": (
        changed('port = "/dev/ttyUSB1"\n', ""),
        "readers.card",
        "readers.card",
        "",
        "kind osdp needs port",
    ),
    "keypad without a port": (
        changed('port = "/dev/ttyUSB2"\n', ""),
        "readers.keys",
        "readers.keys",
        "",
        "kind keypad needs port",
    ),
    "QR reader without a camera": (
        changed('camera = "c"\n', ""),
        "readers.code",
        "readers.code",
        "",
        "kind qr-camera needs camera",
    ),
    "QR reader of no camera": (
        changed('camera = "c"', 'camera = "cc"'),
        "readers.code.camera",
        "readers.code.camera",
        "c",
        "no [cameras.cc]",
    ),
    "QR reader whose camera reads no codes": (
        changed('duties = ["plates", "qr"]\n', ""),
        "readers.code.camera",
        "readers.code.camera",
        "",
        "no duty qr",
    ),
    "two QR readers of one camera": (
        GOOD + '[readers.again]\nkind = "qr-camera"\ncamera = "c"\ndoor = "shop"\n',
        "readers.again.camera",
        "readers.again.camera",
        "",
        "would open two places",
    ),
    "phone reader without an adapter": (
        changed('kind = "ble"', 'kind = "ble"\nadapter = ""'),
        "readers.phone.adapter",
        "readers.phone.adapter",
        "",
        "kind ble needs adapter",
    ),
    "two phone readers on one adapter": (
        GOOD + '[readers.second]\nkind = "ble"\nlane = "gate"\n',
        "readers.second",
        "readers.second.adapter",
        "",
        "readers.phone owns this Bluetooth adapter",
    ),
    "PIN where there are no keys": (
        changed('camera = "c"\nlane = "gate"', 'camera = "c"\nlane = "gate"\nsecond_factor = "pin"'),
        "readers.code.second_factor",
        "readers.code.second_factor",
        "",
        "no keypad here",
    ),
    "reader on the port of a bus": (
        changed("/dev/ttyUSB2", "/dev/ttyUSB0"),
        "readers.keys.port",
        "readers.keys.port",
        "",
        "buses.b owns this port",
    ),
    "keypad on the port of an OSDP reader": (
        changed("/dev/ttyUSB2", "/dev/ttyUSB1"),
        "readers.keys.port",
        "readers.keys.port",
        "",
        "readers.card owns this port",
    ),
    "display on the port of a bus": (
        changed("/dev/ttyUSB3", "/dev/./ttyUSB0"),
        "displays.gate.port",
        "displays.gate.port",
        "",
        "buses.b owns this port",
    ),
    "display of no lane": (
        changed('port = "/dev/ttyUSB3"\nlane = "gate"', 'port = "/dev/ttyUSB3"\nlane = "gates"'),
        "displays.gate.lane",
        "displays.gate.lane",
        "gate",
        "no [lanes.gates]",
    ),
    "a camera that is to know faces but has no such duty": (
        GOOD + '[readers.look]\nkind = "face"\ncamera = "c"\ndoor = "shop"\n',
        "readers.look.camera",
        "readers.look.camera",
        "",
        "has no duty faces",
    ),
    "liveness without a model": (
        FACES + "[faces]\nliveness_models = []\n",
        "faces.liveness_models",
        "faces.liveness_models",
        "",
        "no face would ever open",
    ),
    "face as the only way in": (
        FACES + '[readers.look]\nkind = "face"\ncamera = "c"\ndoor = "inner"\n',
        "readers.look",
        "readers.look",
        "",
        "face is the only way through inner",
    ),
    "face as the only way in, cards only on the way out": (
        FACES.replace('door = "outer"', 'door = "outer"\ndirection = "out"')
        + '[readers.look]\nkind = "face"\ncamera = "c"\ndoor = "outer"\n',
        "readers.look",
        "readers.look",
        "",
        "the law demands another one",
    ),
    "two OSDP readers of one address": (
        GOOD + '[readers.back]\nkind = "osdp"\nport = "/dev/ttyUSB1"\ndoor = "inner"\nkey_file = "k"\n',
        "readers.back",
        "readers.back.address",
        "",
        "readers.card has address 0",
    ),
    "two OSDP readers of one port at two speeds": (
        GOOD
        + '[readers.back]\nkind = "osdp"\nport = "/dev/ttyUSB1"\ndoor = "inner"\nkey_file = "k"\n'
        + "address = 1\nbaud = 19200\n",
        "readers.back.port",
        "readers.back.port",
        "",
        "must be equal (9600)",
    ),
    "two displays of one address": (
        GOOD + '[displays.second]\nport = "/dev/ttyUSB3"\nlane = "gate"\n',
        "displays.second",
        "displays.second.address",
        "",
        "displays.gate has address 1",
    ),
    "display on the port of a reader": (
        changed("/dev/ttyUSB3", "/dev/ttyUSB1"),
        "displays.gate.port",
        "displays.gate.port",
        "",
        "readers.card owns this port",
    ),
}


@pytest.mark.parametrize(("text", "blamed", "key", "nearest", "words"), ERRORS.values(), ids=ERRORS.keys())
def test_an_error_stops_the_start(tmp_path: Path, text: str, blamed: str, key: str, nearest: str, words: str) -> None:
    assert_error(tmp_path, text, blamed, key, nearest, words)


WARNINGS = {
    "OSDP without a key": (changed('key_file = "card.key"\n', ""), "readers.card", "readers.card", "so it is not used"),
    "camera whose codes open nothing": (
        GOOD + '[cameras.d]\nsource = "1"\nduties = ["qr"]\n',
        "cameras.d.duties",
        "cameras.d.duties",
        "no reader of kind qr-camera",
    ),
    "setting of another kind": (
        changed('camera = "c"\nlane', 'camera = "c"\nkey_file = "k"\nlane'),
        "readers.code.key_file",
        "readers.code.key_file",
        "does not use key_file",
    ),
}


@pytest.mark.parametrize(("text", "blamed", "key", "words"), WARNINGS.values(), ids=WARNINGS.keys())
def test_a_warning_lets_the_site_start(tmp_path: Path, text: str, blamed: str, key: str, words: str) -> None:
    assert_warning(tmp_path, text, blamed, key, words)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(
            lambda text: (
                text
                + '[readers.back]\nkind = "osdp"\nport = "/dev/ttyUSB1"\naddress = 1\nkey_file = "k"\ndoor = "inner"\n'
            ),
            id="two OSDP readers on one line",
        ),
        pytest.param(
            lambda text: text + '[displays.second]\nport = "/dev/ttyUSB3"\nlane = "gate"\naddress = 2\n',
            id="two displays on one line",
        ),
        pytest.param(
            lambda text: text + '[readers.back]\nkind = "ble"\nadapter = "usb:1"\ndoor = "inner"\n',
            id="two phone readers on two adapters",
        ),
        pytest.param(lambda text: text.replace('"lane:gate"', '"reader:phone"'), id="a reader in the ledger"),
    ],
)
def test_what_is_fine_is_not_talked_about(tmp_path: Path, change: Callable[[str], str]) -> None:
    assert change(GOOD) != GOOD
    assert checked(tmp_path, change(GOOD)) == []
