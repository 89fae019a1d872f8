"""Keypads and scanners on ptys: what arrives, what a pulled cable does, what a site file may ask for."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from devices.errors import Unsuitable
from devices.messages import CodeScanned, CommandFailed, FailReason, KeysTyped, ReaderBack, ReaderLost
from devices.readers import OTHER_KINDS, build_readers
from devices.sim.reader import SimTyped
from tests.devices.reader_rig import key_file, osdp, running, signal, site
from tests.devices.rig import Heard


def keypad(tmp_path: Path, **changes: Any) -> dict[str, Any]:
    return {"kind": "keypad", "port": str(tmp_path / "ttyKEYS")} | changes


def scanner(tmp_path: Path, **changes: Any) -> dict[str, Any]:
    return {"kind": "qr-serial", "port": str(tmp_path / "ttyQR")} | changes


def test_entries_of_a_keypad_arrive_ended_by_hash_or_by_a_pause(tmp_path: Path) -> None:
    far = SimTyped(tmp_path / "ttyKEYS")
    with running(site({"pin": keypad(tmp_path)}), far) as (readers, heard):
        heard.wait_for(ReaderBack)
        far.say(b"12*3456#", pause_s=0.01)
        assert heard.wait_for(KeysTyped).keys == "3456"
        far.say(bytes.fromhex("E1D2C3"))  # 8-bit burst, no hash
        assert heard.wait_for(KeysTyped, lambda r: r.keys == "123").reader == "pin"
        assert readers.counters()["pin"]["entries"] == 2


def test_codes_of_a_scanner_arrive_once_per_showing(tmp_path: Path) -> None:
    far = SimTyped(tmp_path / "ttyQR")
    with running(site({"qr": scanner(tmp_path)}), far) as (readers, heard):
        heard.wait_for(ReaderBack)
        far.say(b"PASS1\r\nPASS1\r\nPASS2\r\n")
        heard.wait_for(CodeScanned, lambda r: r.text == "PASS2")
        assert [r.text for r in heard.of(CodeScanned)] == ["PASS1", "PASS2"]
        assert readers.counters()["qr"]["repeats"] == 1


def test_a_pulled_cable_is_said_once_and_its_half_entry_is_forgotten(tmp_path: Path) -> None:
    far = SimTyped(tmp_path / "ttyKEYS")
    with running(site({"pin": keypad(tmp_path)}), far) as (_readers, heard):
        heard.wait_for(ReaderBack)
        far.say(b"12")
        time.sleep(0.3)
        far.unplug()
        lost = heard.wait_for(ReaderLost)
        time.sleep(1.0)  # several attempts to open it
        since = heard.reports.index(lost)
        far.replug()
        heard.wait_for(ReaderBack, since=since)
        far.say(b"34#")
        assert heard.wait_for(KeysTyped).keys == "34"
        assert (len(heard.of(ReaderLost)), len(heard.of(ReaderBack))) == (1, 2)


def test_an_absent_port_is_lost_once_with_the_remedy_and_taken_when_it_appears(tmp_path: Path) -> None:
    far = SimTyped(tmp_path / "ttyKEYS")
    with running(site({"pin": keypad(tmp_path)})) as (_readers, heard):
        assert "找不到串口" in heard.wait_for(ReaderLost).cause
        far.start()
        heard.wait_for(ReaderBack)
        assert len(heard.of(ReaderLost)) == 1
    far.stop()


def test_a_keypad_has_no_light_and_an_unknown_reader_no_owner(tmp_path: Path) -> None:
    far = SimTyped(tmp_path / "ttyKEYS")
    plan = site({"pin": keypad(tmp_path), "cam": {"kind": "qr-camera", "camera": "east"}})
    with running(plan, far) as (readers, heard):
        heard.wait_for(ReaderBack)
        for name in ("pin", "cam", "nobody"):
            readers.submit(signal(name, True, reader=name))
            verdict = heard.verdict(name)
            assert isinstance(verdict, CommandFailed)
            assert (verdict.reason, verdict.device) == (FailReason.REFUSED, name)


def test_a_signal_after_the_end_fails(tmp_path: Path) -> None:
    with running(site({"pin": keypad(tmp_path)}), SimTyped(tmp_path / "ttyKEYS")) as (readers, heard):
        heard.wait_for(ReaderBack)
    readers.submit(signal("late", True, reader="pin"))
    verdict = heard.verdict("late")
    assert isinstance(verdict, CommandFailed)
    assert verdict.reason is FailReason.LINK_DOWN


@pytest.mark.parametrize(
    ("readers", "complaint"),
    [
        ({"a": {"kind": "keypad"}}, r"readers\.a\.port.*name its serial port"),
        ({"a": {"kind": "keypad", "port": "/x"}, "b": {"kind": "keypad", "port": "/x"}}, r"readers\.b\.port"),
        ({"a": {"kind": "osdp", "port": "/x"}, "b": {"kind": "keypad", "port": "/x"}}, r"readers\.b\.port"),
        (
            {"a": {"kind": "osdp", "port": "/x"}, "b": {"kind": "osdp", "port": "/x", "address": 1, "baud": 38400}},
            r"readers\.b\.port",
        ),
        ({"a": {"kind": "osdp", "port": "/x"}, "b": {"kind": "osdp", "port": "/x"}}, r"readers\.b\.address"),
        ({"a": {"kind": "keypad", "port": "/bus"}}, r"buses\.main"),
    ],
)
def test_what_a_site_file_cannot_ask_for(readers: dict[str, Any], complaint: str) -> None:
    with pytest.raises(Unsuitable, match=complaint):
        build_readers(site(readers, buses={"main": {"port": "/bus"}}), Heard())


@pytest.mark.parametrize(
    ("text", "mode", "cause"),
    [
        ("", 0o600, "密钥"),
        ("00112233", 0o600, "32 位十六进制"),
        ("zz" * 16, 0o600, "32 位十六进制"),
        (bytes(range(0x30, 0x40)).hex(), 0o600, "默认密钥"),
        ("a1" * 16, 0o644, "chmod 600"),
    ],
)
def test_a_key_that_may_not_be_used_is_one_lost_reader_and_no_dead_gateway(
    tmp_path: Path, text: str, mode: int, cause: str
) -> None:
    key_file(tmp_path).write_text(text)
    (tmp_path / "reader.key").chmod(mode)
    with running(site({"door": osdp(tmp_path)})) as (_readers, heard):
        lost = heard.wait_for(ReaderLost)
        assert cause in lost.cause
        assert text == "" or text not in lost.cause


def test_no_key_at_all_is_no_reader(tmp_path: Path) -> None:
    with running(site({"door": osdp(tmp_path, key_file=None)})) as (_readers, heard):
        assert "key_file" in heard.wait_for(ReaderLost).cause


class Phone:
    """Stands for another kind's readers."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def start(self) -> None:
        self.said.append("start")

    def stop(self) -> None:
        self.said.append("stop")

    def submit(self, command: Any) -> None:
        self.said.append(command.reader)

    def counters(self) -> dict[str, dict[str, int]]:
        return {"phone": {"proofs": 1}}


def test_other_kinds_hang_in_by_their_name(monkeypatch: pytest.MonkeyPatch) -> None:
    phone = Phone()
    monkeypatch.setitem(OTHER_KINDS, "ble", lambda _site, names, _report: phone if set(names) == {"phone"} else None)
    with running(site({"phone": {"kind": "ble"}})) as (readers, _heard):
        readers.submit(signal("x", True, reader="phone"))
        assert readers.counters() == {"phone": {"proofs": 1}}
    assert phone.said == ["start", "phone", "stop"]
