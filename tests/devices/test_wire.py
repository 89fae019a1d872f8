"""The port itself: absent, busy, unplugged, slow."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.model import Bus
from devices.errors import LinkDown
from devices.sim.pty_link import LineFaults, PtyLink
from devices.wire import SerialWire, character_s


def bus(path: Path) -> Bus:
    return Bus.model_validate({"port": path})


@pytest.fixture
def link(tmp_path: Path) -> Iterator[PtyLink]:
    """An adapter whose far end repeats what it hears."""
    adapter = PtyLink(tmp_path / "tty", lambda data, now_s: data)
    yield adapter
    adapter.stop()


def test_bytes_go_out_and_come_back(link: PtyLink) -> None:
    link.start()
    wire = SerialWire.open(bus(link.path))
    before = time.monotonic()
    assert before <= wire.write(bytes(range(256))) <= time.monotonic()
    got = b""
    while len(got) < 256 and (data := wire.read(time.monotonic() + 10)):
        got += data
    assert got == bytes(range(256)), "raw: no byte is translated"
    wire.close()


def test_nothing_comes_until_the_deadline(link: PtyLink) -> None:
    link.start()
    wire = SerialWire.open(bus(link.path))
    until = time.monotonic() + 0.05
    assert wire.read(until) == b""
    assert time.monotonic() >= until
    wire.close()


def test_an_absent_port_says_what_to_look_at(tmp_path: Path) -> None:
    with pytest.raises(LinkDown, match=r"找不到串口.*is missing"):
        SerialWire.open(bus(tmp_path / "nowhere"))


def test_a_file_is_no_port(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(LinkDown, match="cannot open"):
        SerialWire.open(bus(tmp_path / "file"))


def test_a_port_has_one_owner(link: PtyLink) -> None:
    link.start()
    first = SerialWire.open(bus(link.path))
    with pytest.raises(LinkDown, match=r"被其他程序占用.*in use"):
        SerialWire.open(bus(link.path))
    first.close()
    SerialWire.open(bus(link.path)).close()


def test_unplugging_ends_reads_and_writes_and_replugging_brings_the_path_back(link: PtyLink) -> None:
    link.start()
    wire = SerialWire.open(bus(link.path))
    link.unplug()
    assert not link.path.is_symlink()
    with pytest.raises(LinkDown, match="unplugged"):
        wire.read(time.monotonic() + 10)
    with pytest.raises(LinkDown, match="unplugged"):
        wire.write(b"x")
    wire.close()
    link.replug()
    again = SerialWire.open(bus(link.path))
    again.write(b"x")
    assert again.read(time.monotonic() + 10) == b"x"
    again.close()


def test_what_came_unasked_is_thrown_away(tmp_path: Path) -> None:
    link = PtyLink(tmp_path / "tty", lambda data, now_s: b"", LineFaults(echo=True))
    link.start()
    wire = SerialWire.open(bus(link.path))
    wire.write(b"12345")
    until, dropped = time.monotonic() + 10, 0
    while dropped < 5 and time.monotonic() < until:
        dropped += wire.drain()
    assert dropped == 5
    wire.close()
    link.stop()


@pytest.mark.parametrize(
    ("settings", "bits"),
    [({}, 10), ({"parity": "E"}, 11), ({"stop_bits": 2}, 11), ({"parity": "O", "stop_bits": 2}, 12)],
)
def test_a_characters_time(settings: dict[str, object], bits: int) -> None:
    plan = Bus.model_validate({"port": "/dev/null", "baud": 9600} | settings)
    assert character_s(plan) == pytest.approx(bits / 9600)


@pytest.mark.parametrize(("parity", "stop_bits"), [("N", 1), ("E", 1), ("N", 2), ("O", 1)])
def test_each_port_is_opened_as_its_bus_says(link: PtyLink, parity: str, stop_bits: int) -> None:
    link.start()
    plan = Bus.model_validate({"port": link.path, "baud": 19200, "parity": parity, "stop_bits": stop_bits})
    wire = SerialWire.open(plan)
    port = wire._port
    assert (port.baudrate, port.bytesize, port.parity, port.stopbits) == (19200, 8, parity, stop_bits)
    wire.write(b"\xff\x00")
    assert wire.read(time.monotonic() + 10)[:1] == b"\xff", "a pty has no parity, but takes the setting"
    wire.close()
