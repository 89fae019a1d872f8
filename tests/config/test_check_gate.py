"""Doors, relays, contacts, alarm inputs and sirens, held against each other."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.config.gate_site import GOOD, changed
from tests.config.test_check import assert_error, assert_warning, checked


def test_a_sound_site_has_nothing_to_mend(tmp_path: Path) -> None:
    assert checked(tmp_path, GOOD) == []


INTERLOCKS = ('interlock = ["inner"]\n', 'interlock = ["outer"]\n')
WITHOUT_FIRE = changed('input = { board = "a", channel = 8, normally = "closed" }\n', "")

# What was broken: the text, the table and setting that is blamed, the dotted key, the nearest name, words of it.
ERRORS = {
    "lock on no board": (
        changed('lock = { board = "d", relay = 3 }', 'lock = { board = "dd", relay = 3 }'),
        "doors.shop.lock",
        "doors.shop.lock.board",
        "d",
        "no [boards.dd]",
    ),
    "lock on a board that times no pulses": (
        changed('lock = { board = "d", relay = 3 }', 'lock = { board = "slow", relay = 3 }'),
        "doors.shop.lock",
        "doors.shop.lock.board",
        "",
        "could stay on for ever",
    ),
    "lock on the relay of a barrier": (
        changed('lock = { board = "d", relay = 3 }', 'lock = { board = "a", relay = 1 }'),
        "doors.shop.lock",
        "doors.shop.lock.relay",
        "",
        "used by lanes.gate.barrier.open_relay",
    ),
    "siren on the relay of a lock": (
        changed("relay = 8", "relay = 2"),
        "sirens.yard.output",
        "sirens.yard.output.relay",
        "",
        "used by doors.inner.lock.relay",
    ),
    "relay that the board lacks": (
        changed("relay = 8", "relay = 9"),
        "sirens.yard.output",
        "sirens.yard.output.relay",
        "",
        "relays 1 to 8 only",
    ),
    "one contact for two doors": (
        changed("channel = 3", "channel = 1"),
        "doors.inner.contact",
        "doors.inner.contact.channel",
        "",
        "doors.outer.contact",
    ),
    "contact that the board lacks": (
        changed("channel = 3", "channel = 9"),
        "doors.inner.contact",
        "doors.inner.contact.channel",
        "",
        "inputs 1 to 8 only",
    ),
    "contact on no board": (
        changed('contact = { board = "d", channel = 3', 'contact = { board = "x", channel = 3'),
        "doors.inner.contact",
        "doors.inner.contact.board",
        "",
        "no [boards.x]",
    ),
    "smoke on the fire contact": (
        changed('input = { board = "slow", channel = 1', 'input = { board = "a", channel = 8'),
        "inputs.ebikes.input",
        "inputs.ebikes.input.channel",
        "",
        "means something else in fire.input",
    ),
    "unlocked during no schedule": (
        changed('unlocked_during = "office"', 'unlocked_during = "offices"'),
        "doors.shop.unlocked_during",
        "doors.shop.unlocked_during",
        "office",
        "no [schedules.offices]",
    ),
    "interlocked with no door": (
        changed('interlock = ["inner"]', 'interlock = ["inner", "iner"]'),
        "doors.outer.interlock",
        "doors.outer.interlock[1]",
        "inner",
        "no [doors.iner]",
    ),
    "interlocked with itself": (
        changed('interlock = ["inner"]', 'interlock = ["inner", "outer"]'),
        "doors.outer.interlock",
        "doors.outer.interlock[1]",
        "",
        "with itself",
    ),
    "interlocked with a door that cannot be seen": (
        changed('contact = { board = "d", channel = 3, normally = "closed" }\n', ""),
        "doors.outer.interlock",
        "doors.outer.interlock[0]",
        "",
        "inner has no contact",
    ),
    "way out through a door that fire leaves locked": (
        changed('interlock = ["outer"]', 'interlock = ["outer"]\nescape_route = false'),
        "doors.outer.interlock",
        "doors.outer.interlock[0]",
        "",
        "caught between the two",
    ),
    "way out that an open door keeps shut in a fire": (
        WITHOUT_FIRE.replace(INTERLOCKS[0], "").replace('interlock = ["outer"]', 'interlock = ["shop"]')
        + '[doors.shop.contact]\nboard = "d"\nchannel = 4\n',
        "doors.inner.interlock",
        "doors.inner.interlock",
        "",
        "long as the other door stands open",
    ),
    "alarm that starts no siren": (
        changed('sirens = ["yard"]', 'sirens = ["yad"]'),
        "inputs.ebikes.sirens",
        "inputs.ebikes.sirens[0]",
        "yard",
        "no [sirens.yad]",
    ),
}


@pytest.mark.parametrize(("text", "blamed", "key", "nearest", "words"), ERRORS.values(), ids=ERRORS.keys())
def test_an_error_stops_the_start(tmp_path: Path, text: str, blamed: str, key: str, nearest: str, words: str) -> None:
    assert_error(tmp_path, text, blamed, key, nearest, words)


WARNINGS = {
    "siren on a board that times no pulses": (
        changed('output = { board = "d"', 'output = { board = "slow"'),
        "sirens.yard.output",
        "sirens.yard.output.board",
        "if that dies it sounds until it is back",
    ),
    "smoke on a normally-open contact": (
        changed('board = "slow", channel = 1, normally = "closed"', 'board = "slow", channel = 1'),
        "inputs.ebikes.input",
        "inputs.ebikes.input.normally",
        "a cut wire",
    ),
    "interlock of one side only": (
        changed('interlock = ["outer"]\n', ""),
        "doors.outer.interlock",
        "doors.outer.interlock[0]",
        "in return",
    ),
    "interlock that a schedule undoes": (
        changed('interlock = ["outer"]', 'interlock = ["outer"]\nunlocked_during = "office"'),
        "doors.inner.unlocked_during",
        "doors.inner.unlocked_during",
        "both doors",
    ),
    "way out without a fire input": (
        WITHOUT_FIRE.replace(INTERLOCKS[0], "").replace(INTERLOCKS[1], ""),
        "fire",
        "fire",
        "escape route (outer, inner, shop)",
    ),
    "one exit button for two doors": (
        changed('interlock = ["outer"]', 'interlock = ["outer"]\nexit_button = { board = "d", channel = 2 }'),
        "doors.inner.exit_button",
        "doors.inner.exit_button.channel",
        "is shared with doors.outer.exit_button",
    ),
}


@pytest.mark.parametrize(("text", "blamed", "key", "words"), WARNINGS.values(), ids=WARNINGS.keys())
def test_a_warning_lets_the_site_start(tmp_path: Path, text: str, blamed: str, key: str, words: str) -> None:
    assert_warning(tmp_path, text, blamed, key, words)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda text: text.replace('"18:00"', '"24:00"'), id="a window to midnight"),
        pytest.param(
            lambda text: text.replace('interlock = ["outer"]', 'interlock = ["outer"]\nescape_route = false').replace(
                'interlock = ["inner"]', 'interlock = ["inner"]\nescape_route = false'
            ),
            id="an interlock away from every escape route",
        ),
        pytest.param(
            lambda text: text.replace('kind = "smoke"', 'kind = "other"').replace(
                'board = "slow", channel = 1, normally = "closed"', 'board = "slow", channel = 1'
            ),
            id="a normally-open contact of no account",
        ),
    ],
)
def test_what_is_fine_is_not_talked_about(tmp_path: Path, change: Callable[[str], str]) -> None:
    assert change(GOOD) != GOOD
    assert checked(tmp_path, change(GOOD)) == []
