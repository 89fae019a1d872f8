"""Push: which alarms go where, in which words, and what channels report; against a local webhook and a mail server."""

from __future__ import annotations

import json
import queue
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from click.testing import CliRunner

from config.model import Site
from config.model_push import Channel, Push
from edge.alarms.model import DRILL
from edge.alarms.rules import raise_alarm
from edge.cli.main import cli
from edge.intents import Notify
from edge.observations import GatewayStarted, Tick
from edge.push.fold import fold
from edge.push.gate import ChannelUnusable, Gate
from edge.push.model import Notice, PushDelivered, PushFailed, PushReport
from edge.push.sender import ChannelThread, Pusher
from edge.react import push
from edge.react.switchboard import react
from edge.state import initial
from edge.turn import Turn
from tests.edge.duty_talk import Desk
from tests.ports import free_port

pytest.importorskip("apprise", reason="needs the extra push")
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")  # a plug-in of Apprise

PATIENCE_S = 30.0


class Site1(Desk):
    """A gateway with channels; nothing is sent, what would be is kept."""

    def __init__(self, **channels: dict[str, Any]) -> None:
        super().__init__()
        self.site = Site.model_validate(
            {
                "site": {"name": "翠湖花园"},
                "desk": {"watch_every_s": 0},
                "push": {"channels": {name: {"url_file": name, **rules} for name, rules in channels.items()}},
            }
        )
        self.state = initial(self.site, "run0-")
        self.told: list[Notify] = []

    def alarm(self, priority: int, kind: str = "lane.forced", source: str = "lane:east", mark: str = "") -> str:
        turn = Turn(self.state, self.now)
        raise_alarm(turn, kind, priority, source, place="东门入口", mark=mark)
        push.on_turn(turn)
        self.told += [i for i in turn.intents if isinstance(i, Notify)]
        self._keep(turn)
        return next(a.id for a in self.state.alarms.values() if a.condition == (kind, source))

    def say(self, observation: Any) -> tuple[bool, str]:
        _, intents = react(self.state, observation, self.now)
        self.told += [i for i in intents if isinstance(i, Notify)]
        return super().say(observation)

    def to(self) -> list[tuple[tuple[str, ...], str]]:
        return [(one.channels, one.notice.level) for one in self.told]


@pytest.mark.parametrize(
    ("rules", "priority", "kind", "mark", "goes"),
    [
        ({}, 1, "lane.forced", "", True),
        ({}, 2, "camera.lost", "", True),
        ({}, 3, "link.lost", "", False),
        ({"priority": 1}, 2, "camera.lost", "", False),
        ({"kinds": ["smoke.", "fire."]}, 1, "smoke.active", "", True),
        ({"kinds": ["smoke.", "fire."]}, 1, "lane.forced", "", False),
        ({"drills": False}, 1, "smoke.active", DRILL, False),
        ({"drills": True}, 1, "smoke.active", DRILL, True),
        ({"levels": ["supervisor"]}, 1, "lane.forced", "", False),
    ],
)
def test_a_channel_tells_of_what_its_rules_name(
    rules: dict[str, Any], priority: int, kind: str, mark: str, goes: bool
) -> None:
    site = Site1(wecom=rules)
    site.alarm(priority, kind, mark=mark)
    assert site.to() == ([(("wecom",), "guard")] if goes else [])


def test_what_climbs_goes_to_whom_it_climbs() -> None:
    site = Site1(guards={"levels": ["guard"]}, boss={"levels": ["supervisor"]}, manager={"levels": ["manager"]})
    site.alarm(1)
    site.wait(15 * 60 + 1)
    site.wait(15 * 60 + 1)
    assert (("guards",), "guard") in site.to()
    assert (("boss",), "supervisor") in site.to()
    assert (("manager",), "manager") in site.to()


def test_the_words_name_what_where_for_whom_and_that_it_is_practice() -> None:
    site = Site1(wecom={})
    site.alarm(1, "smoke.active", mark=DRILL)
    [one] = site.told
    assert one.notice.title_zh == "【演练】紧急：烟感报警"
    assert one.notice.title_en == "[DRILL] urgent: smoke"
    assert one.notice.text_zh == "东门入口\n翠湖花园"


def failed(channel: str, lost: int = 0) -> PushFailed:
    return PushFailed(channel=channel, reference="", detail="refused", tries=9, failing_s=61.0, lost=lost)


def delivered(channel: str, *alarms: tuple[str, str]) -> PushDelivered:
    return PushDelivered(channel=channel, reference="", alarms=alarms, tries=1, took_s=0.1, held=0)


def test_a_dead_channel_is_one_alarm_told_by_the_others_until_it_delivers_again() -> None:
    site = Site1(wecom={}, mail={})
    site.say(failed("wecom"))
    site.say(failed("wecom", lost=1))
    [alarm] = site.state.alarms.values()
    assert (alarm.kind, alarm.source, alarm.count) == ("push.failed", "push:wecom", 2)
    assert site.to() == [(("mail",), "guard")]
    site.say(delivered("wecom"))
    assert next(iter(site.state.alarms.values())).returned_at_s is not None


def test_a_lost_internet_does_not_sound_in_the_yard_at_night() -> None:
    site = Site1(wecom={})
    board = {"buses": {"b": {"port": "/dev/null"}}, "boards": {"io": {"bus": "b"}}}
    siren = {"sirens": {"yard": {"output": {"board": "io", "relay": 1}}}}
    site.site = Site.model_validate({**site.site.model_dump(), **board, **siren})
    site.state = initial(site.site, "run0-")
    site.say(failed("wecom"))
    site.wait(300, 5)
    assert not site.kinds("siren.")
    site.open(2, "camera.lost", "camera:east")
    site.wait(65, 5)
    assert site.kinds("siren.") == ["siren.started"]


def test_a_restart_tells_again_what_no_channel_has_delivered_and_nothing_else() -> None:
    site = Site1(wecom={}, mail={})
    first, second = site.alarm(1), site.alarm(1, "door.forced", "door:lobby")
    site.say(delivered("wecom", (first, "guard"), (second, "guard")))
    site.say(delivered("mail", (first, "guard")))
    told = fold(site.events(), site.state.alarms)
    object.__setattr__(site.state, "told", told)
    site.told.clear()
    site.say(GatewayStarted(version="t", site_file=""))
    assert [(one.channels, one.notice.alarm) for one in site.told] == [(("mail",), second)]
    site.told.clear()
    site.say(Tick())
    assert site.told == []


class Hook(BaseHTTPRequestHandler):
    """A webhook that takes JSON and answers what the test says."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.got.put(body)  # type: ignore[attr-defined]
        self.send_response(self.server.status)  # type: ignore[attr-defined]
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


class Webhook:
    """A local web server; ``status`` is what it answers."""

    def __init__(self) -> None:
        self.server = HTTPServer(("127.0.0.1", 0), Hook)
        self.server.got, self.server.status = queue.Queue(), 200  # type: ignore[attr-defined]
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def answer(self, status: int) -> None:
        self.server.status = status  # type: ignore[attr-defined]

    def got(self) -> dict[str, Any]:
        found: dict[str, Any] = self.server.got.get(timeout=PATIENCE_S)  # type: ignore[attr-defined]
        return found

    @property
    def url(self) -> str:
        return f"json://127.0.0.1:{self.server.server_port}/hook?token=not-for-logs"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join(PATIENCE_S)


@pytest.fixture
def hook() -> Iterator[Webhook]:
    server = Webhook()
    yield server
    server.close()


def secret(folder: Path, text: str, mode: int = 0o600) -> Path:
    file = folder / "channel"
    file.write_text(text + "\n", encoding="utf-8")
    file.chmod(mode)
    return file


def notice(number: int = 1, level: str = "guard") -> Notice:
    return Notice(
        reference=f"e{number}", alarm=f"a{number}", level=level, priority=1, title_zh="紧急：烟感报警",
        title_en="urgent: smoke", text_zh="电动车棚", text_en="shed",
    )  # fmt: skip


class Running:
    """One channel's thread and what it reports."""

    def __init__(self, file: Path, open_: Callable[[Path], Any] = Gate, **push: float) -> None:
        self.reports: queue.Queue[PushReport] = queue.Queue()
        settings = Push.model_validate({"retry_s": 0.05, "fault_after_s": 0.3, **push})
        self.thread = ChannelThread("c", Channel(url_file=file), settings, self.reports.put, open_)
        self.thread.start()

    def report(self) -> PushReport:
        return self.reports.get(timeout=PATIENCE_S)


def test_a_webhook_gets_the_message_and_its_delivery_is_proven(hook: Webhook, tmp_path: Path) -> None:
    running = Running(secret(tmp_path, hook.url))
    running.thread.put(notice())
    got = hook.got()
    assert (got["title"], got["message"]) == ("紧急：烟感报警", "电动车棚")
    report = running.report()
    assert isinstance(report, PushDelivered)
    assert (report.channel, report.reference, report.alarms, report.tries) == ("c", "e1", (("a1", "guard"),), 1)
    running.thread.stop(PATIENCE_S)


def test_a_dead_service_is_told_once_and_delivers_when_it_is_back(hook: Webhook, tmp_path: Path) -> None:
    hook.answer(503)
    running = Running(secret(tmp_path, hook.url))
    running.thread.put(notice())
    report = running.report()
    assert isinstance(report, PushFailed)
    assert report.detail == "refused"
    assert report.failing_s >= 0.3
    hook.answer(200)
    back = running.report()
    assert isinstance(back, PushDelivered)
    assert back.tries > 1
    running.thread.stop(PATIENCE_S)


def test_what_is_tried_too_long_is_given_up_and_counted(tmp_path: Path) -> None:
    with socket.socket() as deaf:  # bound, so that nobody else listens there, and does not listen itself
        deaf.bind(("127.0.0.1", 0))
        url = f"json://127.0.0.1:{deaf.getsockname()[1]}/"
        running = Running(secret(tmp_path, url), give_up_s=0.5, fault_after_s=3600)
        running.thread.put(notice())
        report = running.report()
        assert isinstance(report, PushFailed)
        assert report.lost == 1
        running.thread.stop(PATIENCE_S)


def test_mail_goes_out_in_chinese(tmp_path: Path) -> None:
    letters: queue.Queue[bytes] = queue.Queue()

    class Box:
        async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
            letters.put(envelope.content)
            return "250 OK"

    server = Controller(Box(), hostname="127.0.0.1", port=0, ready_timeout=PATIENCE_S)
    server.port = free_port()
    server.start()
    try:
        url = f"mailto://127.0.0.1:{server.port}/?from=gate@site.example&to=boss@site.example&mode=insecure&format=text"
        running = Running(secret(tmp_path, url))
        running.thread.put(notice())
        report = running.report()
        assert isinstance(report, PushDelivered), report
        import email
        from email.header import decode_header, make_header

        letter = email.message_from_bytes(letters.get(timeout=PATIENCE_S))
        assert str(make_header(decode_header(letter["Subject"]))) == "紧急：烟感报警"
        running.thread.stop(PATIENCE_S)
    finally:
        server.stop()


@pytest.mark.parametrize(
    ("text", "mode", "why"),
    [("nonsense", 0o600, "bad_address"), ("json://127.0.0.1/", 0o644, "secret_file"), ("", 0o600, "secret_file")],
)
def test_a_channel_that_cannot_be_used_says_why_and_never_its_address(
    tmp_path: Path, text: str, mode: int, why: str
) -> None:
    with pytest.raises(ChannelUnusable, match=f"^{why}$"):
        Gate(secret(tmp_path, text, mode))


def test_the_address_stands_in_no_log_line(hook: Webhook, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(0)
    hook.answer(500)
    assert Gate(secret(tmp_path, hook.url)).send("t", "b") == "refused"
    assert "not-for-logs" not in "".join(record.getMessage() for record in caplog.records)


def test_a_send_that_hangs_is_told_while_it_hangs(tmp_path: Path) -> None:
    go_on = threading.Event()

    class Hanging:
        def send(self, _title: str, _text: str) -> str:
            go_on.wait(PATIENCE_S)
            return ""

    running = Running(tmp_path, lambda _file: Hanging())
    running.thread.put(notice())
    deadline_s = time.monotonic() + PATIENCE_S
    while running.thread.trying_since_s is None and time.monotonic() < deadline_s:
        time.sleep(0.01)
    running.thread.check(time.monotonic() + 46.0)
    running.thread.check(time.monotonic() + 47.0)
    report = running.report()
    assert isinstance(report, PushFailed)
    assert report.detail == "hangs"
    go_on.set()
    assert isinstance(running.report(), PushDelivered)
    running.thread.stop(PATIENCE_S)


def test_one_dead_channel_holds_no_other_up(hook: Webhook, tmp_path: Path) -> None:
    reports: queue.Queue[PushReport] = queue.Queue()
    good = secret(tmp_path, hook.url)
    settings = Push.model_validate(
        {"channels": {"dead": {"url_file": tmp_path / "missing"}, "live": {"url_file": good}}, "fault_after_s": 3600}
    )
    pusher = Pusher(settings, reports.put)
    pusher.start()
    pusher.send(notice(), ("dead", "live"))
    report = reports.get(timeout=PATIENCE_S)
    assert isinstance(report, PushDelivered)
    assert report.channel == "live"
    pusher.stop()


def test_the_command_line_sends_a_test_and_names_what_does_not_work(hook: Webhook, tmp_path: Path) -> None:
    secret(tmp_path, hook.url)
    site = tmp_path / "site.toml"
    site.write_text('[push.channels.hook]\nurl_file = "channel"\n[push.channels.gone]\nurl_file = "none"\n', "utf-8")
    done = CliRunner().invoke(cli, ["push", "test", "hook", "--site", str(site)])
    assert (done.exit_code, done.output.strip()) == (0, "hook: 已送达 / delivered")
    assert hook.got()["title"] == "【测试】门卫"
    done = CliRunner().invoke(cli, ["push", "test", "--site", str(site)])
    assert done.exit_code == 1
    assert "gone: 失败 / FAILED" in done.output
    done = CliRunner().invoke(cli, ["push", "test", "nope", "--site", str(site)])
    assert done.exit_code == 1
    assert "hook、gone" in done.output
