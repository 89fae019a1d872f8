"""100,000 hostile pieces: no exception, nothing accepted. A million: python benchmarks/ble_fuzz.py"""

from __future__ import annotations

from devices.ble_format import Refusal
from tests.devices.ble_fuzz import ENROLLED, Siege

PIECES = 100_000


def test_hostile_phones_raise_nothing_and_open_nothing() -> None:
    siege = Siege(20_261)
    ends = siege.run(PIECES)
    assert ends["accepted"] == 0
    assert ends["phone_signature_bad"] > 500, "proofs did reach the hub"
    assert ends["phone_key_unknown"] > 500
    seen = {name for name, count in siege.door.counters.items() if count}
    hard_to_reach = {"none", "gateway", "wrong_version", "no_press", "unknown_action", "wrong_reader", "no_verdict"}
    assert {r.name.lower() for r in Refusal} - hard_to_reach - {"too_many", "no_challenge", "busy"} <= seen


def test_the_siege_is_no_wall_an_honest_phone_gets_through_it() -> None:
    siege = Siege(7)
    siege.run(5_000)
    siege.now += 60.0
    siege.door.connect("honest", siege.now)
    challenge = siege._challenge("honest")
    assert challenge is not None
    for piece in ENROLLED.answer(siege.door.hello, challenge):
        siege._write("honest", piece)
    assert siege.ends["accepted"] == 1
