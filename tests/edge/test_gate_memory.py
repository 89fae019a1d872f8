"""What doors, inputs and sirens remember over a restart, taken from a real log."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.intents import Intent, Record
from edge.observations import CloseAlarm, Observation, ResetFire, ResetSirens
from edge.run.memory import remembered
from edge.state import initial
from sync.store import Store
from tests.edge.gate_talk import GUARD, SIREN, GateTalk, pulses


class Logged(GateTalk):
    """A conversation whose events land in a log; ``restart`` is a power cut and a new program."""

    def __init__(self, store: Store) -> None:
        super().__init__()
        self.store = store

    def say(self, observation: Observation) -> list[Intent]:
        intents = super().say(observation)
        drafts = [i.draft for i in intents if isinstance(i, Record)]
        if drafts:
            self.store.append(drafts).result(10)
        return intents

    def restart(self, after_s: float = 5.0) -> None:
        self.live = False
        self.mono_s += after_s
        self.state = remembered(initial(self.state.settings, f"run{self.mono_s}"), self.store)


@pytest.fixture
def talk(tmp_path: Path) -> Iterator[Logged]:
    store = Store.open(tmp_path / "log.db", gateway_id="test", media_dir=tmp_path / "media", spill_max=100)
    talk = Logged(store)
    talk.up()
    yield talk
    store.close()


def test_a_door_released_by_fire_is_released_again_until_a_person_resets(talk: Logged) -> None:
    talk.set(fire=True)
    talk.restart()
    assert talk.door() == "fire_released"
    assert len(pulses(talk.up())) == 1
    talk.say(ResetFire(request_id="f", operator=GUARD))
    talk.restart()
    assert talk.door() == "offline"
    assert pulses(talk.up()) == []


def test_a_siren_sounds_for_the_rest_of_its_time_and_no_longer(talk: Logged) -> None:
    talk.set(smoke=True)
    talk.restart(20)
    talk.up("smoke")
    assert len(pulses(talk.wait(10), SIREN)) >= 2
    assert pulses(talk.wait(30), SIREN) == []
    assert talk.kinds("siren.") == ["siren.started", "siren.ended"]
    talk.restart()
    talk.up("smoke")
    assert pulses(talk.wait(10), SIREN) == []
    assert talk.state.sirens["yard"].latched


def test_a_siren_that_was_reset_stays_silent(talk: Logged) -> None:
    talk.set(smoke=True)
    talk.say(ResetSirens(request_id="s", operator=GUARD))
    talk.restart(1)
    talk.up("smoke")
    assert pulses(talk.wait(10), SIREN) == []
    assert not talk.state.sirens["yard"].latched


def test_a_clock_that_was_put_back_does_not_prolong_a_siren(talk: Logged) -> None:
    talk.set(smoke=True)
    talk.restart(1)
    talk.wall_ahead_s -= 86_400
    talk.up("smoke")
    talk.wait(31)
    assert pulses(talk.wait(30), SIREN) == []


def test_smoke_that_goes_on_is_no_new_alarm_and_its_end_is_seen(talk: Logged) -> None:
    talk.set(smoke=True)
    talk.restart()
    talk.up("smoke")
    assert talk.kinds("smoke.") == ["smoke.active"]
    [alarm] = [a for a in talk.state.alarms.values() if a.kind == "smoke.active"]
    talk.set(smoke=False)
    assert talk.kinds("smoke.") == ["smoke.active", "smoke.clear"]
    talk.say(CloseAlarm(request_id="c", alarm=alarm.id, outcome="handled", note="", operator=GUARD))
    talk.restart()
    assert talk.state.inputs["shed"].known is None
    assert "smoke.active" not in talk.alarms()


def test_the_state_before_a_restart_and_a_new_one_agree_on_what_stands(talk: Logged) -> None:
    talk.set(fire=True, smoke=True)
    before = talk.state
    talk.restart()
    assert set(talk.alarms()) == {a.kind for a in before.alarms.values()}
    assert talk.state.fire_latched
    assert talk.state.sirens["yard"].latched
