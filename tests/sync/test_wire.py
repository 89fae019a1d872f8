"""The feed's lines: what goes in comes out; what is damaged is refused whole."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.errors import WireError
from sync.event import GENESIS_HASH, Event
from sync.prepare import prepared, sealed
from sync.wire import Footer, decode_page, encode_page
from tests.sync.helpers import draft

words = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20)
bodies = st.dictionaries(
    words, words | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.none(), max_size=4
)


def page(made: list[dict[str, object]]) -> tuple[list[Event], Footer]:
    events: list[Event] = []
    prev = GENESIS_HASH
    for number, body in enumerate(made, start=1):
        events.append(sealed(prepared(draft(body=body)), seq=number, prev=prev, boot_id="b", clock="synced"))
        prev = events[-1].hash
    footer = Footer(
        count=len(events),
        last_seq=len(events),
        last_hash=prev,
        oldest=1,
        newest=len(events),
        epoch=1,
        gateway="gate-1",
        now_wall_us=1,
        now_mono_ns=2,
        boot_id="b",
        clock="unsynced",
    )
    return events, footer


@given(st.lists(bodies, max_size=6))
def test_a_page_survives_the_wire(made: list[dict[str, object]]) -> None:
    events, footer = page(made)
    read = decode_page(encode_page(events, footer))
    assert list(read.events) == events
    assert read.footer == footer


@given(st.integers(0, 5), st.data())
def test_a_page_cut_anywhere_is_refused(count: int, data: st.DataObject) -> None:
    whole = encode_page(*page([{"n": n} for n in range(count)]))
    cut = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(WireError):
        decode_page(whole[:cut])


@given(st.binary(max_size=300))
def test_garbage_is_refused_and_nothing_else_happens(data: bytes) -> None:
    with pytest.raises(WireError):
        decode_page(data + b"\n")


@given(st.data())
def test_a_changed_byte_is_refused_or_changes_what_is_read(data: st.DataObject) -> None:
    events, footer = page([{"n": n} for n in range(3)])
    whole = bytearray(encode_page(events, footer))
    place = data.draw(st.integers(0, len(whole) - 1))
    whole[place] ^= data.draw(st.integers(1, 255))
    try:
        read = decode_page(bytes(whole))
    except WireError:
        return
    assert (list(read.events), read.footer) != (events, footer)


@pytest.mark.parametrize(
    "change",
    [
        {"count": 2},
        {"count": 4},
        {"last_seq": 2},
        {"last_hash": "0" * 64},
        {"epoch": "1"},
        {"newest": True},
        {"oldest": 2**63},
        {"gateway": None},
    ],
    ids=str,
)
def test_a_footer_that_does_not_agree_is_refused(change: dict[str, object]) -> None:
    events, footer = page([{}, {}, {}])
    with pytest.raises(WireError, match=" / "):
        decode_page(encode_page(events, replace(footer, **change)))  # type: ignore[arg-type]


def test_lines_must_be_events() -> None:
    events, footer = page([{}])
    good = encode_page(events, footer).decode().split("\n")
    for line in (
        "{}",
        "[]",
        "1",
        good[0].replace('"seq":1', '"seq":"1"'),
        good[0].replace('"id"', '"ID"'),
        "[" * 100_000,
    ):
        with pytest.raises(WireError):
            decode_page(f"{line}\n{good[1]}\n".encode())
