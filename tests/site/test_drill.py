"""A drill on a real gateway: marked in the log, held through kill -9, and gone with everything it made."""

from __future__ import annotations

from pathlib import Path

from tests.site.gateway import eventually, running
from tests.site.test_doors import CONTACT, SITE, wait_door
from tests.site.test_duty import act, alarm


def test_a_drill_outlives_a_power_cut_masks_nothing_and_ends_with_what_it_made(tmp_path: Path) -> None:
    with running(tmp_path, SITE + "[desk]\nwatch_every_s = 0\n") as gateway:
        wait_door(gateway, "locked")
        assert act(gateway, "/v1/drill/alarm", kind="smoke.active", place="车棚") == (409, "no_drill")
        assert act(gateway, "/v1/drill/begin", reason="年度演练", for_s=900) == (200, "drill_begun")
        assert act(gateway, "/v1/drill/alarm", kind="smoke.active", place="车棚") == (200, "drill_alarm_made")
        practice = alarm(gateway, "smoke.active")
        assert (practice["drill"], practice["priority"]) == (True, 1)
        assert [siren["state"] for siren in gateway.state()["sirens"]] == ["off"]
        gateway.street.set_contact(CONTACT, True)  # something real, meanwhile: nobody unlocked the door
        forced = alarm(gateway, "door.forced")
        assert [row["kind"] for row in gateway.state()["alarms"]] == ["door.forced", "smoke.active"]
        eventually(lambda: gateway.events("drill.alarm"), "it is on record")
        gateway.kill()
        gateway.start()
        state = gateway.state()
        assert (state["drill"]["reason"], state["drill"]["made"]) == ("年度演练", 1)
        assert {row["id"] for row in state["alarms"]} >= {practice["id"], forced["id"]}
        assert act(gateway, "/v1/drill/end") == (200, "drill_ended")
        left = gateway.state()
        assert left["drill"] is None
        assert practice["id"] not in {row["id"] for row in left["alarms"]}
        assert forced["id"] in {row["id"] for row in left["alarms"]}
        [ended] = eventually(lambda: gateway.events("drill.ended"), "its end is on record")
        assert (ended.data()["made"], ended.data()["left_open"], ended.data()["drill"]) == (1, 1, True)
        about = [e.data() for e in gateway.events("alarm.opened") if e.data()["alarm"] == practice["id"]]
        assert all(body["drill"] is True for body in about)
