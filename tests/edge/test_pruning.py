"""Forgetting what ended long ago never lets anybody in twice, nor keeps anybody in."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.access.pass_keys import verifier
from edge.access.passes import Pass, key_id, make
from edge.access.passes import check as check_pass
from edge.access.pruning import ROWS_MAX, ended
from edge.access.slips import check as check_slip
from edge.access.visitor_codes import check as check_code
from edge.access.visitor_codes import code_hmac
from edge.observations import PruneLists
from sync.policy import applied
from sync.records import CameIn, Forget, Inside, Policy, PutCode, PutSlip, Slip, SpendPass, VisitorCode
from sync.store import Store
from tests.edge.access_talk import Gate
from tests.edge.people import MONDAY_NOON_S

DAY_S = 86_400.0
PEPPER = b"p" * 32
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
ISSUER = key_id(KEY.public_key().public_bytes_raw())
RING = ((ISSUER, verifier(KEY.public_key())),)


def visitor_code(number: int, until_s: float, uses: int) -> VisitorCode:
    digits = f"{number:08d}"
    return VisitorCode(
        id=digits, hmac=code_hmac(PEPPER, digits), host="h", visitor="v", gates=(), not_before_s=0.0,
        not_after_s=until_s, uses_allowed=uses,
    )  # fmt: skip


def signed(number: int, until_s: int, uses: int) -> str:
    made = Pass(
        id=f"{number:016x}", gates=frozenset({1}), not_before_s=0, not_after_s=until_s, uses=uses, home=1 if uses else 0
    )
    return make(made, ISSUER, KEY.sign)


def slip(number: int, until_s: float) -> Slip:
    return Slip(
        id=f"s{number}", host="h", consent_by="h", approved_by="o", items=(("箱", 1),), not_before_s=0,
        not_after_s=until_s,
    )  # fmt: skip


WINDOWS = [(int(n * 10), 1 + n % 2) for n in range(1, 7)]
TOKENS = [signed(n, until, uses) for n, (until, uses) in enumerate(WINDOWS)]


def show(policy: Policy, kind: str, which: int, now_s: float, *, entering: bool) -> tuple[bool, Policy]:
    """Show a credential; returns whether it opened, and the lists after it."""
    if kind == "pass":
        decision = check_pass(
            TOKENS[which],
            RING,
            gate=1,
            plate="",
            now_s=now_s,
            spent=policy.spent_passes,
            counted={1},
            entering=entering,
        )
        granted, made = decision.granted, decision.changes
    elif kind == "code":
        found = check_code(policy, PEPPER, f"{which:08d}", "east", "", now_s, entering=entering)
        granted, made = found.granted, found.changes
    else:
        verdict = check_slip(policy, f"s{which}", (("箱", 1),), "", now_s)
        granted, made = verdict.released, verdict.changes
    if granted and kind != "slip":
        id_ = f"{which:016x}" if kind == "pass" else f"{which:08d}"
        policy = inside(policy, id_, entering)
    return granted, applied(policy, made)


def inside(policy: Policy, id_: str, entering: bool) -> Policy:
    key = f"visitor:{id_}"
    if entering:
        return applied(policy, (CameIn(Inside(key=key, name="", gate="east", since_s=0.0, event_id="e")),))
    return replace(policy, inside={k: v for k, v in policy.inside.items() if k != key})


shown = st.tuples(
    st.sampled_from(["pass", "code", "slip"]), st.integers(0, len(WINDOWS) - 1), st.floats(0, 20), st.booleans()
)


@settings(max_examples=300, deadline=None)
@given(st.lists(shown, max_size=25), st.floats(0, 30))
def test_with_and_without_forgetting_the_same_doors_open(
    acts: list[tuple[str, int, float, bool]], keep_s: float
) -> None:
    kept = applied(Policy(), tuple(PutCode(visitor_code(n, until, uses)) for n, (until, uses) in enumerate(WINDOWS)))
    kept = applied(kept, tuple(PutSlip(slip(n, until)) for n, (until, _) in enumerate(WINDOWS)))
    pruned, now_s = kept, 0.0
    for kind, which, pause_s, leaving in acts:
        now_s += pause_s
        id_ = f"visitor:{which:016x}" if kind == "pass" else f"visitor:{which:08d}"
        entering = not (leaving and id_ in kept.inside)
        if (gone := ended(pruned, now_s - keep_s)) is not None:
            pruned = applied(pruned, (gone,))
        wanted, kept = show(kept, kind, which, now_s, entering=entering)
        got, pruned = show(pruned, kind, which, now_s, entering=entering)
        assert got == wanted
    assert set(pruned.inside) == set(kept.inside)


def test_a_revocation_of_a_pass_nobody_used_stays_for_good() -> None:
    policy = applied(Policy(), (SpendPass("aa", -1), SpendPass("bb", until_s=10.0), SpendPass("bb", -1)))
    assert ended(policy, 1e12) == Forget(passes=("bb",))


def test_a_round_is_bounded() -> None:
    policy = applied(Policy(), tuple(SpendPass(f"{n:04x}", until_s=1.0) for n in range(ROWS_MAX + 3)))
    gone = ended(policy, 2.0)
    assert gone is not None
    assert len(gone.passes) == ROWS_MAX
    left = applied(policy, (gone,))
    assert len(left.spent_passes) == len(left.pass_ends) == 3


def gate_with_ended() -> Gate:
    talk = Gate()
    ended_s = MONDAY_NOON_S - 91 * DAY_S
    made = (PutCode(visitor_code(1, ended_s, 1)), PutSlip(slip(1, ended_s)), SpendPass("aa", until_s=ended_s))
    fresh = (PutCode(visitor_code(2, ended_s + 2 * DAY_S, 1)),)
    talk.state = replace(talk.state, policy=applied(talk.state.policy, made + fresh))
    return talk


def test_housekeeping_forgets_after_the_set_time_and_says_so() -> None:
    talk = gate_with_ended()
    talk.say(PruneLists(clock_synced=True))
    assert [(e.kind, dict(e.body)) for e in talk.log if e.kind.startswith("lists.")] == [
        ("lists.pruned", {"codes": 1, "slips": 1, "passes": 1})
    ]
    policy = talk.state.policy
    assert [code.id for code in policy.codes.values()] == ["00000002"]
    assert (policy.slips, policy.spent_passes, policy.pass_ends) == ({}, {}, {})
    seen = len(talk.log)
    talk.say(PruneLists(clock_synced=True))
    assert len(talk.log) == seen, "nothing to do is no event"


def test_with_a_clock_that_may_be_wrong_nothing_is_forgotten() -> None:
    talk = gate_with_ended()
    talk.say(PruneLists(clock_synced=False))
    assert "lists.pruned" not in [event.kind for event in talk.log]
    assert talk.state.policy.spent_passes == {"aa": 1}


@pytest.mark.parametrize("until_s", [None, 10.0])
def test_the_end_of_a_pass_is_kept_over_a_restart(tmp_path: Path, until_s: float | None) -> None:
    path = tmp_path / "log.db"
    with Store.open(path, gateway_id="g", media_dir=tmp_path / "m", spill_max=10) as store:
        store.append([], [SpendPass("aa"), SpendPass("aa", until_s=until_s), SpendPass("aa", -1)]).result(10)
    with Store.open(path, gateway_id="g", media_dir=tmp_path / "m", spill_max=10) as store:
        assert store.policy().spent_passes == {"aa": -1}
        assert store.policy().pass_ends == ({} if until_s is None else {"aa": until_s})
