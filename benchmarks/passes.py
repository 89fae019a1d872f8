"""Codes and passes: chance of a guess, a million forgeries, one-use passes at two gates that cannot talk.

    python -m benchmarks.passes [--forgeries 1000000] [--trials 10000]

Prints one JSON object and fails when a figure is not what is promised. The forgeries need a few minutes.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections import Counter
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.access.base45 import ALPHABET, encode45
from edge.access.guess_locks import LockRules, guesses_max, hit_chance
from edge.access.pass_keys import verifier
from edge.access.passes import Keyring, Pass, PassReason, check, key_id, make
from edge.access.visitor_codes import CodeReason, Issued, Wish, issue
from edge.access.visitor_codes import check as check_code
from sync.policy import applied
from sync.records import Policy, PutCode

NOW_S = 1_780_000_000
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
ISSUER = key_id(KEY.public_key().public_bytes_raw())
RING: Keyring = ((ISSUER, verifier(KEY.public_key())),)


def guessing() -> dict[str, Any]:
    """300 live codes, 30 days of guessing by the cleverest plan that the lock-outs allow."""
    guesses = guesses_max(LockRules(), 30)
    return {"guesses_max": guesses, "hit_chance": round(hit_chance(guesses, 300, 8), 6), "promised_max": 0.012}


def sampled(rng: random.Random, rounds: int) -> dict[str, Any]:
    """The same by throwing dice: how often a month of distinct guesses meets one of 300 codes."""
    guesses, hits = guesses_max(LockRules(), 30), 0
    for _ in range(rounds):
        live = set(rng.sample(range(10**8), 300))
        first = rng.randrange(10**8)
        # Consecutive numbers are as good a guess as any against codes drawn at random.
        hits += any((code - first) % 10**8 < guesses for code in live)
    return {"months": rounds, "hits": hits, "rate": hits / rounds}


def keypad(rng: random.Random, count: int) -> dict[str, Any]:
    """What a keypad may send, 300 codes being live: nothing but a live code opens."""
    pepper, policy, live = rng.randbytes(32), Policy(), set()
    wish = Wish(host="", visitor="", gates=(), not_before_s=NOW_S, not_after_s=NOW_S + 1)
    for number in range(300):
        issued = issue(policy, pepper, wish, NOW_S, new_id=str(number), randbelow=rng.randrange, per_host=300)
        if isinstance(issued, Issued):
            policy = applied(policy, (PutCode(issued.code),))
            live.add(issued.digits)
    reasons: Counter[str] = Counter()
    wrongly = 0
    for _ in range(count):
        length = rng.choice((8, 8, 8, 6, 10, rng.randrange(20)))
        typed = "".join(rng.choices("0123456789*#Aé", (9,) * 10 + (1,) * 4, k=length))
        decision = check_code(policy, pepper, typed, "east", "", NOW_S)
        reasons[decision.reason.value] += 1
        wrongly += decision.granted and typed not in live
    assert len(live) == 300
    assert CodeReason.UNKNOWN.value in reasons
    return {"entries": count, "reasons": dict(reasons), "opened_without_a_live_code": wrongly}


def forged(rng: random.Random, tokens: list[str], issuer: int = ISSUER) -> str:
    """Noise, noise that decodes under this issuer's id, or a genuine pass with something changed."""
    kind = rng.randrange(6)
    if kind == 0:
        return "".join(chr(rng.randrange(0xD800)) for _ in range(rng.randrange(200)))
    if kind == 1:
        return "MW1:" + "".join(rng.choices(ALPHABET, k=rng.randrange(160)))
    if kind == 2:
        return "MW1:" + encode45(bytes([issuer]) + rng.randbytes(rng.randrange(86, 96)))
    chars = list(rng.choice(tokens))
    for _ in range(rng.randrange(1, 4)):
        at = rng.randrange(len(chars))
        if kind == 3:
            chars[at] = rng.choice(ALPHABET)
        elif kind == 4:
            del chars[at]
        else:
            chars.insert(at, rng.choice(ALPHABET))
    return "".join(chars)


def forgeries(rng: random.Random, count: int) -> dict[str, Any]:
    """None may open or raise; the time is that of a look at one token."""
    base = Pass(id=rng.randbytes(8).hex(), not_before_s=NOW_S, not_after_s=NOW_S + 9, gates=frozenset({1}))
    genuine = [make(base, ISSUER, KEY.sign)]
    genuine.append(make(Pass(**{**_fields(base), "uses": 1, "home": 1}), ISSUER, KEY.sign))
    reasons: Counter[str] = Counter()
    granted, begun_s = 0, time.perf_counter()
    for _ in range(count):
        token = forged(rng, genuine)
        if token.strip() in genuine:
            continue
        decision = check(token, RING, gate=1, plate="", now_s=NOW_S, spent={}, counted={1})
        reasons[decision.reason.value] += 1
        granted += decision.granted
    each_us = (time.perf_counter() - begun_s) / count * 1e6
    return {"tokens": sum(reasons.values()), "granted": granted, "reasons": dict(reasons), "mean_us": round(each_us, 1)}


def _fields(pass_: Pass) -> dict[str, Any]:
    return {name: getattr(pass_, name) for name in Pass.__dataclass_fields__}


def partitioned(rng: random.Random, trials: int) -> dict[str, Any]:
    """A one-use pass shown up to eight times at two gateways without a line between them."""
    double = entries = 0
    for _ in range(trials):
        home = rng.randint(1, 2)
        pass_ = Pass(
            id=rng.randbytes(8).hex(),
            not_before_s=NOW_S,
            not_after_s=NOW_S + 9,
            gates=frozenset({1, 2}),
            uses=1,
            home=home,
        )
        token = make(pass_, ISSUER, KEY.sign)
        lists = {1: Policy(), 2: Policy()}
        let_in = 0
        for _ in range(rng.randint(2, 8)):
            gate = rng.randint(1, 2)
            spent = lists[gate].spent_passes
            decision = check(token, RING, gate=gate, plate="", now_s=NOW_S, spent=spent, counted={gate})
            lists[gate] = applied(lists[gate], decision.changes)
            let_in += decision.granted
        entries += let_in
        double += let_in > 1
    return {"trials": trials, "entries": entries, "double_uses": double}


def main() -> int:
    """Run everything and compare with what is promised."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--forgeries", type=int, default=1_000_000)
    parser.add_argument("--trials", type=int, default=10_000)
    parser.add_argument("--months", type=int, default=20_000)
    args = parser.parse_args()
    rng = random.Random(20260501)
    result = {
        "guessing": guessing(),
        "guessing_by_dice": sampled(rng, args.months),
        "keypad": keypad(rng, args.forgeries),
        "forgeries": forgeries(rng, args.forgeries),
        "partitioned": partitioned(rng, args.trials),
    }
    print(json.dumps(result, indent=2))
    kept = (
        result["guessing"]["hit_chance"] <= 0.012,
        result["keypad"]["opened_without_a_live_code"] == 0,
        result["forgeries"]["granted"] == 0,
        set(result["forgeries"]["reasons"]) <= {reason.value for reason in PassReason},
        result["partitioned"]["double_uses"] == 0,
    )
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
