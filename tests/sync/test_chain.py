"""The chain: every change of a stored row is found, and what is signed holds."""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.chain import Fault, GapRecord, verify_chain
from sync.event import GENESIS_HASH, Event, chain_hash
from sync.export import verify_file
from sync.keys import SigningKey, signature_holds
from sync.prepare import prepared, sealed
from sync.schema import EVENT_COLUMNS
from tests.sync.helpers import draft, fill, open_store


def run(count: int) -> list[Event]:
    events: list[Event] = []
    prev = GENESIS_HASH
    for number in range(count):
        events.append(
            sealed(prepared(draft(number, id=f"id{number}")), seq=number + 1, prev=prev, boot_id="b", clock="synced")
        )
        prev = events[-1].hash
    return events


def reseal(event: Event, **changes: object) -> Event:
    changed = replace(event, **changes)  # type: ignore[arg-type]
    return replace(changed, hash=chain_hash(changed))


TAMPERING: dict[str, tuple[Callable[[list[Event]], list[Event]], Fault]] = {
    "one left out": (lambda e: e[:4] + e[5:], Fault(6, "gap")),
    "start left out": (lambda e: e[1:], Fault(2, "gap")),
    "two swapped": (lambda e: [*e[:3], e[4], e[3], *e[5:]], Fault(5, "gap")),
    "one twice": (lambda e: [*e[:3], e[2], *e[3:]], Fault(3, "order")),
    "body changed": (lambda e: [*e[:3], replace(e[3], body='{"n":9}'), *e[4:]], Fault(4, "hash")),
    "changed and rehashed": (lambda e: [*e[:3], reseal(e[3], body="{}"), *e[4:]], Fault(5, "prev")),
    "hash changed": (lambda e: [*e[:3], replace(e[3], hash="0" * 64), *e[4:]], Fault(4, "hash")),
    "other past": (lambda e: [reseal(e[0], prev="1" * 64), *e[1:]], Fault(1, "prev")),
}


@pytest.mark.parametrize("name", TAMPERING)
def test_tampering_names_the_first_bad_seq(name: str) -> None:
    change, fault = TAMPERING[name]
    assert verify_chain(run(8)) is None
    assert verify_chain(change(run(8))) == fault


def test_a_run_may_start_anywhere() -> None:
    events = run(8)
    assert verify_chain(events[3:], after_seq=3, after_hash=events[2].hash) is None
    assert verify_chain(events[3:], after_seq=3, after_hash=events[1].hash) == Fault(4, "prev")
    assert verify_chain([]) is None


@given(st.integers(0, 4), st.sampled_from(EVENT_COLUMNS.split(", ")), st.data())
def test_any_other_value_in_any_field_is_found(position: int, name: str, data: st.DataObject) -> None:
    events = run(5)
    old = getattr(events[position], name)
    other = st.integers(-(2**63), 2**63 - 1) if isinstance(old, int) else st.text(max_size=80)
    change: dict[str, Any] = {name: data.draw(other.filter(lambda value: value != old))}
    events[position] = replace(events[position], **change)
    assert verify_chain(events) is not None


def test_every_flipped_bit_of_every_value_of_a_row_is_found(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        fill(store, 3)
    conn = sqlite3.connect(tmp_path / "log.db", isolation_level=None)
    conn.execute("PRAGMA synchronous = OFF")
    row = conn.execute(f"SELECT {EVENT_COLUMNS} FROM events WHERE seq = 2").fetchone()
    flips = 0
    for name, value in zip(EVENT_COLUMNS.split(", "), row, strict=True):
        data = value.to_bytes(8, "big", signed=True) if isinstance(value, int) else value.encode()
        for bit in range(len(data) * 8):
            bad = bytearray(data)
            bad[bit // 8] ^= 1 << (bit % 8)
            if name == "seq":
                continue  # a rowid cannot be given another value without moving the row: "gap", tested above
            wrong: object = int.from_bytes(bad, "big", signed=True) if isinstance(value, int) else bytes(bad)
            cast = "?" if isinstance(value, int) else "CAST(? AS TEXT)"
            conn.execute(f"UPDATE events SET {name} = {cast} WHERE seq = 2", (wrong,))
            verdict = verify_file(tmp_path / "log.db")
            assert not verdict.ok, f"bit {bit} of {name}"
            assert verdict.fault is not None
            assert verdict.fault.seq in (1, 2, 3)
            flips += 1
        conn.execute(f"UPDATE events SET {name} = ? WHERE seq = 2", (value,))
    conn.close()
    assert verify_file(tmp_path / "log.db").ok
    assert flips > 2000


def test_bits_flipped_anywhere_in_a_row_of_the_file_are_found(tmp_path: Path) -> None:
    with open_store(tmp_path) as store:
        fill(store, 40)
        body = store.read_after(19, 1)[0].id.encode()
    path = tmp_path / "log.db"
    good = path.read_bytes()
    # The id of event 20 stands in its row and in the index; the later one in the file may be either, so take both.
    at = [i for i in range(len(good)) if good.startswith(body + b"lane.opened", i)]
    assert len(at) == 1
    rng = random.Random(7)
    for _ in range(150):
        bad = bytearray(good)
        place = at[0] + rng.randrange(0, 300)
        bad[place] ^= 1 << rng.randrange(8)
        copy = tmp_path / "copy.db"
        copy.write_bytes(bad)
        assert not verify_file(copy).ok, f"byte {place - at[0]} behind the row's id"


def test_checkpoints_are_signed_and_a_forged_one_is_found(tmp_path: Path) -> None:
    with open_store(tmp_path, checkpoint_events=10) as store:
        fill(store, 35)
        kinds = [event.kind for event in store.read_after(0)]
    assert kinds.count("log.checkpoint") >= 1
    verdict = verify_file(tmp_path / "log.db")
    assert verdict.ok
    assert verdict.checkpoints == kinds.count("log.checkpoint")
    other = tmp_path / "other"
    with open_store(other, checkpoint_events=10) as store:
        fill(store, 35)
    shutil.copy(tmp_path / "log.db", other / "log.db")
    conn = sqlite3.connect(other / "log.db")
    conn.execute("UPDATE meta SET value = ? WHERE key = 'public_key'", (SigningKey(bytes(32)).public_hex,))
    conn.commit()
    conn.close()
    forged = verify_file(other / "log.db")
    assert forged.fault is not None
    assert forged.fault.why == "checkpoint"


def test_a_checkpoint_comes_by_time_too_but_not_for_nothing(tmp_path: Path) -> None:
    with open_store(tmp_path, checkpoint_s=0.05) as store:
        fill(store, 1)
        assert store.wait_after(1, 60)
        assert store.read_after(1)[0].kind == "log.checkpoint"
        assert not store.wait_after(2, 0.3)


def test_signatures_hold_only_for_their_key_and_message() -> None:
    key = SigningKey(bytes(range(32)))
    signature = key.sign(b"word")
    assert signature_holds(key.public_hex, b"word", signature)
    for public, message, signed in (
        (key.public_hex, b"other", signature),
        (SigningKey(bytes(32)).public_hex, b"word", signature),
        (key.public_hex, b"word", "00" * 64),
        ("zz", b"word", signature),
        (key.public_hex, b"word", "no hex"),
    ):
        assert not signature_holds(public, message, signed)


@pytest.mark.parametrize("value", [None, [], {}, {"gateway": "g"}, "text", 7])
def test_what_is_no_gap_record_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="not a gap record"):
        GapRecord.from_dict(value)
