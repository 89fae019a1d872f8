"""What a driver reads beside the lane: the verdict of the log, the plate that everyone sees, and nobody's name."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from config.model import Site
from devices.messages import CommandFailed, FailReason, OpenLane, Show
from edge.intents import Intent, Send
from edge.observations import OpenByHand, RefuseByHand
from tests.edge.conversation import BLOCKED, GUARD, OWNER, SITE, STRANGER, Talk

SCREEN = {"port": "/dev/null", "lane": "east", "voice": True}


def talk(language: str = "zh", **lane: Any) -> Talk:
    site = Talk()
    raw = {
        **SITE,
        "site": {"language": language},
        "lanes": {"east": {**SITE["lanes"]["east"], **lane}},
        "displays": {"screen": SCREEN, "other": SCREEN | {"lane": "west"}},
    }
    site.state = replace(site.state, settings=Site.model_validate(raw))
    site.link_up()
    return site


def shows(intents: list[Intent]) -> list[Show]:
    return [i.command for i in intents if isinstance(i, Send) and isinstance(i.command, Show)]


@pytest.mark.parametrize(
    ("language", "direction", "text"),
    [("zh", "in", "欢迎光临"), ("zh", "out", "一路平安"), ("zh", "both", "请通行"), ("en", "in", "Welcome")],
)
def test_an_owner_is_greeted_after_the_opening_was_sent(language: str, direction: str, text: str) -> None:
    intents = talk(language, direction=direction).plate(OWNER)
    (show,) = shows(intents)
    assert (show.display, show.lines, show.voice) == ("screen", (OWNER, text), text)
    commands = [i.command for i in intents if isinstance(i, Send)]
    assert [type(command) for command in commands] == [OpenLane, Show]


@pytest.mark.parametrize("plate", [STRANGER, BLOCKED])
def test_whoever_must_wait_reads_so_and_never_why(plate: str) -> None:
    site = talk()
    (show,) = shows(site.plate(plate))
    assert show.lines[0] == plate
    assert show.lines[1] in ("请稍候", "请联系门卫")


def test_a_plate_that_was_not_read_for_sure_is_not_shown() -> None:
    (show,) = shows(talk().plate(OWNER, outcome="unsure"))
    assert show.lines == ("请稍候",)


def test_the_guards_word_is_shown() -> None:
    site = talk()
    site.plate(STRANGER)
    visit = site.state.lanes["east"].visitors[0].visit
    refuse = RefuseByHand(request_id="r1", lane="east", reason="不认识", operator=GUARD, visit=visit)
    assert shows(site.say(refuse))[0].lines == (STRANGER, "请联系门卫")
    by_hand = OpenByHand(request_id="r2", lane="east", reason="快递", operator=GUARD)
    assert shows(site.say(by_hand))[0].lines == ("欢迎光临",)


def test_fire_is_shown() -> None:
    site = talk()
    (show,) = shows(site.contacts(fire=True))
    assert show.lines == ("火警 请迅速离开",)


def test_a_display_that_fails_troubles_nobody() -> None:
    site = talk()
    (show,) = shows(site.plate(OWNER))
    kinds = [draft.kind for draft in site.log]
    assert shows(site.say(CommandFailed(id=show.id, device="screen", reason=FailReason.LINK_DOWN))) == []
    assert [draft.kind for draft in site.log] == kinds


def test_a_site_without_displays_is_told_nothing() -> None:
    site = Talk()
    site.link_up()
    assert shows(site.plate(OWNER)) == []
