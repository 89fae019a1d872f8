"""OSDP with Secure Channel against libosdp's own device side, over a pty: both directions, keys, cables, power."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from devices import osdp_link
from devices.messages import (
    CardRead,
    CommandDone,
    CommandFailed,
    FailReason,
    KeysTyped,
    ReaderBack,
    ReaderLost,
)
from devices.osdp_link import SETTLE_S
from devices.readers import Readers
from devices.sim.reader import SimOsdpLine, SimOsdpReader
from tests.devices.reader_rig import KEY, key_file, osdp, running, signal, site, wall
from tests.devices.rig import Heard, eventually

osdp_sys = pytest.importorskip("osdp_sys", reason="the extra osdp is not installed")


def settled(heard: Heard, since: int = 0) -> None:
    """Wait until the reader is back and what it had kept would be over."""
    heard.wait_for(ReaderBack, since=since)
    time.sleep(SETTLE_S + 0.3)


def test_cards_and_keys_arrive_and_lights_sounds_and_texts_go_back(tmp_path: Path) -> None:
    with wall(tmp_path) as (readers, heard, line, reader):
        settled(heard)
        line.card(reader, bytes.fromhex("04a1b2c3d4e5f6"), 56)
        card = heard.wait_for(CardRead)
        assert (card.reader, card.uid, card.bits) == ("door", "04A1B2C3D4E5F6", 56)
        line.card(reader, bytes.fromhex("01020340"), 26)
        assert heard.wait_for(CardRead, lambda r: r.bits == 26).uid == "01020340"
        line.keys(reader, "99*12")
        line.keys(reader, "34#")
        assert heard.wait_for(KeysTyped).keys == "1234"

        for command_id, granted, text in (("ok", True, "WELCOME"), ("no", False, "拒绝"), ("pin", None, "PIN 密码?")):
            readers.submit(signal(command_id, granted, text))
            assert isinstance(heard.verdict(command_id), CommandDone)
        colours = [c["on_color"] for c in reader.commands if c["command"] == osdp_sys.CMD_LED]
        assert colours == [osdp_sys.LED_COLOR_GREEN, osdp_sys.LED_COLOR_RED, osdp_sys.LED_COLOR_AMBER]
        assert all(c["temporary"] for c in reader.commands if c["command"] == osdp_sys.CMD_LED)
        assert [c["rep_count"] for c in reader.commands if c["command"] == osdp_sys.CMD_BUZZER] == [1, 3]
        assert [c["data"] for c in reader.commands if c["command"] == osdp_sys.CMD_TEXT] == ["WELCOME", "PIN ?"]
        assert not heard.of(ReaderLost)
        assert len(heard.of(ReaderBack)) == 1


def test_an_entry_ends_by_a_pause_and_a_signal_past_its_life_is_not_sent(tmp_path: Path) -> None:
    with wall(tmp_path) as (readers, heard, line, reader):
        settled(heard)
        line.keys(reader, "77")
        assert heard.wait_for(KeysTyped).keys == "77"
        readers.submit(signal("late", True, life_s=-1.0))
        verdict = heard.verdict("late")
        assert isinstance(verdict, CommandFailed)
        assert verdict.reason is FailReason.EXPIRED
        assert reader.commands == []


@contextmanager
def refused(tmp_path: Path, key: bytes | None) -> Iterator[tuple[Readers, Heard, SimOsdpLine, SimOsdpReader, str]]:
    """A wall whose reader answers but has another key, and the cause that was told.

    The simulated reader of a busy machine may take more than two seconds to say anything, and "no answer" were true.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(osdp_link, "LOST_AFTER_S", 8.0)
        with wall(tmp_path, key=key) as (readers, heard, line, reader):
            yield readers, heard, line, reader, heard.wait_for(ReaderLost).cause


def test_another_key_is_said_so_once_and_nothing_gets_through(tmp_path: Path) -> None:
    with refused(tmp_path, bytes(range(16))) as (readers, heard, line, reader, cause):
        assert "密钥" in cause
        assert "key_file" in cause
        line.card(reader, b"\x01\x02\x03\x04", 32)
        readers.submit(signal("x", True))
        verdict = heard.verdict("x")
        assert isinstance(verdict, CommandFailed)
        assert verdict.reason is FailReason.LINK_DOWN
        time.sleep(2.0)  # several more attempts
        assert not heard.of(CardRead)
        assert len(heard.of(ReaderLost)) == 1
        assert not heard.of(ReaderBack)


def test_a_reader_in_factory_state_is_never_given_our_key(tmp_path: Path) -> None:
    """Install mode would hand the site's key, under the key that everybody knows, to whoever answers."""
    with refused(tmp_path, None) as (_readers, heard, line, reader, cause):
        assert "key_file" in cause
        assert not line.is_secure(reader)
        assert not [c for c in reader.commands if c["command"] == osdp_sys.CMD_KEYSET]
        assert not heard.of(ReaderBack)


def test_a_pulled_adapter_is_lost_once_and_what_the_reader_kept_is_dropped(tmp_path: Path) -> None:
    with wall(tmp_path) as (readers, heard, line, reader):
        settled(heard)
        line.unplug()
        assert "ttyOSDP" in heard.wait_for(ReaderLost).cause
        line.card(reader, b"\xde\xad\xbe\xef", 32)  # shown to a dead line
        readers.submit(signal("x", True))
        assert isinstance(heard.verdict("x"), CommandFailed)
        since = len(heard.reports)
        line.replug()
        settled(heard, since)
        eventually(lambda: readers.counters()["door"]["dropped_early"] == 1, "the reader hands over what it had kept")
        line.card(reader, b"\x0b\xad\xca\xfe", 32)
        assert heard.wait_for(CardRead).uid == "0BADCAFE"
        assert len(heard.of(ReaderLost)) == 1
        assert len(heard.of(ReaderBack)) == 2
        assert len(heard.of(CardRead)) == 1


def test_a_card_shown_while_the_channel_comes_up_is_dropped_and_counted(tmp_path: Path) -> None:
    with wall(tmp_path) as (readers, heard, line, reader):
        heard.wait_for(ReaderBack)
        line.card(reader, b"\xde\xad\xbe\xef", 32)
        eventually(lambda: readers.counters()["door"]["dropped_early"] == 1, "the early card is counted")
        assert not heard.of(CardRead)


def test_a_reader_that_lost_its_power_is_back_within_seconds_not_minutes(tmp_path: Path) -> None:
    with wall(tmp_path) as (_readers, heard, line, reader):
        settled(heard)
        began = time.monotonic()
        line.restart(reader, off_s=4.0)
        lost = heard.wait_for(ReaderLost)
        assert "无应答" in lost.cause
        heard.wait_for(ReaderBack, since=heard.reports.index(lost))
        assert time.monotonic() - began < 60, "libosdp alone would wait 300 s"
        settled(heard, heard.reports.index(lost))
        line.card(reader, b"\x0b\xad\xca\xfe", 32)
        assert heard.wait_for(CardRead).uid == "0BADCAFE"


def test_an_opened_case_is_lost_and_its_cards_are_dropped_until_it_is_closed(tmp_path: Path) -> None:
    with wall(tmp_path) as (readers, heard, line, reader):
        settled(heard)
        line.health(reader, tampered=True)
        assert "外壳" in heard.wait_for(ReaderLost).cause
        line.card(reader, b"\xde\xad\xbe\xef", 32)
        eventually(lambda: readers.counters()["door"]["dropped_tampered"] == 1, "the card is counted")
        since = len(heard.reports)
        line.health(reader, tampered=False)
        heard.wait_for(ReaderBack, since=since)
        line.health(reader, tampered=False, power_failed=True)
        assert "供电" in heard.wait_for(ReaderLost, since=since).cause
        line.card(reader, b"\x0b\xad\xca\xfe", 32)  # on its battery it still reads
        assert heard.wait_for(CardRead).uid == "0BADCAFE"


def test_two_readers_share_a_pair(tmp_path: Path) -> None:
    key_file(tmp_path, bytes(range(0xC0, 0xD0)), name="second.key")
    one, two = SimOsdpReader(address=5, key=KEY), SimOsdpReader(address=6, key=bytes(range(0xC0, 0xD0)))
    line = SimOsdpLine(tmp_path / "ttyOSDP", [one, two])
    plan = site({"in": osdp(tmp_path), "out": osdp(tmp_path, address=6, key_file=str(tmp_path / "second.key"))})
    with running(plan, line) as (_readers, heard):
        heard.wait_for(ReaderBack, lambda r: r.reader == "in")
        heard.wait_for(ReaderBack, lambda r: r.reader == "out")
        time.sleep(SETTLE_S + 0.3)
        line.card(two, b"\x22", 8)
        line.card(one, b"\x11", 8)
        assert heard.wait_for(CardRead, lambda r: r.reader == "out").uid == "22"
        assert heard.wait_for(CardRead, lambda r: r.reader == "in").uid == "11"
        line.restart(two, off_s=3.5)
        assert heard.wait_for(ReaderLost).reader == "out"
        line.card(one, b"\x33", 8)
        assert heard.wait_for(CardRead, lambda r: r.uid == "33").reader == "in"
        heard.wait_for(ReaderBack, lambda r: r.reader == "out", since=heard.reports.index(heard.of(ReaderLost)[0]))
        assert [r.reader for r in heard.of(ReaderLost)] == ["out"]
