"""Lock-outs after wrong codes outlive a restart: whoever pulls the plug gains no guess."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from edge.access.guess_locks import (
    GuessLocks,
    LockRules,
    after_right,
    after_wrong,
    guesses_max,
    hit_chance,
    locked_for_s,
    recalled,
    told,
)
from edge.access.visitors import Secrets
from edge.intents import Intent, Record
from edge.observations import Now, Observation
from edge.run.memory import remembered
from edge.state import initial
from sync.store import Store
from tests.edge.access_talk import PEPPER, Gate, opened, with_pins
from tests.edge.people import CARD, PIN, WANG

RULES = LockRules()
DAY_S = 86_400.0
DAYS, KEPT = 5, 200


class Logged(Gate):
    """A gate whose events land in a log; ``restart`` is a power cut, and monotonic time begins anew."""

    def __init__(self, store: Store) -> None:
        self.store = store
        super().__init__()
        self.state = replace(self.state, secrets=Secrets(pepper=PEPPER))

    def say(self, observation: Observation) -> list[Intent]:
        intents = super().say(observation)
        drafts = [i.draft for i in intents if isinstance(i, Record)]
        if drafts:
            self.store.append(drafts).result(10)
        return intents

    def restart(self, after_s: float = 0.0, wall_s: float | None = None) -> None:
        wall_s = self.now.wall_s + after_s if wall_s is None else wall_s
        self.now = Now(mono_s=random.Random(1).uniform(5, 50), wall_s=wall_s)
        old = self.state
        state = remembered(initial(old.settings, f"t{wall_s}"), self.store, self.now)
        state = replace(state, secrets=Secrets(pepper=PEPPER), policy=with_pins())
        self.state = replace(state, lanes=old.lanes, boards=old.boards)


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[Logged]:
    store = Store.open(tmp_path / "log.db", gateway_id="test", media_dir=tmp_path / "media", spill_max=100)
    yield Logged(store)
    store.close()


def last_reason(talk: Logged) -> str:
    return str(talk.log[-1].body["reason"])


def test_a_locked_keypad_is_still_locked_after_the_plug_was_pulled(talk: Logged) -> None:
    for number in range(5):
        talk.keys(f"9999000{number}")
    talk.restart(20)
    assert not opened(talk.keys(PIN[WANG]))
    assert last_reason(talk) == "code_locked"
    talk.wait(41)
    assert opened(talk.keys(PIN[WANG])), "and not a second longer"


def test_the_row_and_the_doubling_go_on_where_they_were(talk: Logged) -> None:
    for number in range(4):
        talk.keys(f"9999000{number}")
        talk.restart(1)
    talk.keys("99990009")
    assert locked_for_s(talk.state.access.locks, "pad", talk.now.mono_s) == 60
    talk.restart(61)
    for number in range(5):
        talk.keys(f"9999100{number}")
    assert locked_for_s(talk.state.access.locks, "pad", talk.now.mono_s) == 120
    assert talk.state.access.locks.site.wrong == 10


def test_a_clock_without_a_battery_makes_nothing_calm(talk: Logged) -> None:
    for number in range(5):
        talk.keys(f"9999000{number}")
    talk.restart(wall_s=0.0)
    assert locked_for_s(talk.state.access.locks, "pad", talk.now.mono_s) == pytest.approx(60, abs=0.1)
    assert opened(talk.card(CARD[WANG])), "cards go on"


def test_a_short_right_pin_and_a_card_leave_no_lock(talk: Logged) -> None:
    talk.keys("99990001")
    assert opened(talk.keys(PIN[WANG]))
    talk.restart(2 * DAY_S)
    assert locked_for_s(talk.state.access.locks, "pad", talk.now.mono_s) == 0
    for number in range(4):
        talk.keys(f"9999000{number}")
    assert locked_for_s(talk.state.access.locks, "pad", talk.now.mono_s) == 0, "a day forgets the row"


def test_the_log_never_holds_what_was_typed(talk: Logged) -> None:
    talk.keys("99990001")
    (event,) = [event for event in talk.log if event.kind == "access.denied"]
    assert "9999" not in str(event.body)
    assert event.body["guess"]["keypad"] == {"wrong": 1, "level": 0, "left_s": 0.0, "calm_s": 0.0}


@pytest.mark.parametrize("every", [1, 3, 7])
def test_a_guesser_who_pulls_the_plug_gets_no_more_in_than_calculated(every: int) -> None:
    """Restarts at random moments, a right code now and then, the hastiest plan: still within the bound."""
    rng, now_s, locks, count = random.Random(every), 0.0, GuessLocks(), 0
    said: list[tuple[str, dict[str, dict[str, float]], float]] = []
    while now_s <= DAYS * DAY_S:
        keypad = f"k{rng.randrange(40)}"
        if wait_s := locked_for_s(locks, keypad, now_s):
            now_s += wait_s
            continue
        locks, _ = after_wrong(locks, keypad, RULES, now_s)
        said.append((keypad, told(locks, keypad, now_s), now_s))
        count += 1
        if count % every == 0:
            locks = recalled(said[-KEPT:], RULES)
        elif rng.random() < 0.3:
            locks = after_right(locks, keypad)
    assert count <= guesses_max(RULES, DAYS)


def test_what_a_hundred_pins_add_to_three_hundred_codes() -> None:
    """30 days of guessing at the allowed rate; PINs of seven digits would have been 3.7 %, so they need a card."""
    guesses = guesses_max(RULES, 30)
    assert hit_chance(guesses, 100, 7) == pytest.approx(0.0367, abs=5e-4)
    assert hit_chance(guesses, 100, 8) == pytest.approx(0.0037, abs=5e-5)
    assert hit_chance(guesses, 400, 8) == pytest.approx(0.0149, abs=5e-4)
