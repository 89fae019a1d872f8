"""The self-test on a real gateway: the command line, a live siren and a dead one, a page and none, a channel."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.site.gateway import ROOT, Gateway, eventually, running
from tests.site.test_doors import SITE, wait_door

LIMITS = "[desk]\nwatch_every_s = 0\n[alarms.selftest]\npage_s = 4.0\nsiren_s = 4.0\npush_s = 8.0\n"


def ask(gateway: Gateway) -> tuple[int, dict[str, Any]]:
    """``menwei selftest alarm``: exit status and what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "edge", "selftest", "alarm", "--json", "--site", str(gateway.file)],
        cwd=gateway.folder, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=110,
        check=False,
    )  # fmt: skip
    return done.returncode, json.loads(done.stdout) if done.stdout else {"said": done.stderr}


def links(body: dict[str, Any]) -> dict[str, bool]:
    return {row["link"]: row["ok"] for row in body["links"]}


def paint(gateway: Gateway, stop: threading.Event) -> None:
    """What an open page does: look at the state, say what stands on the screen."""
    said: set[str] = set()
    while not stop.is_set():
        running_test = gateway.state()["selftest"]["running"]
        shown = [a for a in gateway.state()["alarms"] if a["kind"] == "selftest.alarm"]
        if running_test and shown and running_test["test"] not in said:
            said.add(running_test["test"])
            body = {"request_id": uuid.uuid4().hex, "test": running_test["test"]}
            gateway.guard.post("/v1/selftest/seen", body)
        time.sleep(0.2)


def test_the_command_line_names_the_page_that_is_not_there_and_then_proves_the_chain(tmp_path: Path) -> None:
    with running(tmp_path, SITE + LIMITS) as gateway:
        wait_door(gateway, "locked")
        status, body = ask(gateway)
        assert status == 1, body
        assert links(body) == {"inbox": True, "log": True, "page": False, "siren:yard": True}
        faults = [a for a in gateway.state()["alarms"] if a["kind"] == "selftest.failed"]
        assert [alarm["source"] for alarm in faults] == ["selftest:page"]
        stop = threading.Event()
        page = threading.Thread(target=paint, args=(gateway, stop))
        page.start()
        status, body = ask(gateway)
        stop.set()
        page.join(30)
        assert (status, body["ok"]) == (0, True), body
        fault = next(a for a in gateway.state()["alarms"] if a["kind"] == "selftest.failed")
        assert fault["returned_at_s"] is not None
        assert not [a for a in gateway.state()["alarms"] if a["kind"] == "selftest.alarm"]
        gateway.street.stop()  # every cable pulled
        eventually(lambda: not gateway.state()["boards"][0]["up"], "the board is missed")
        status, body = ask(gateway)
        assert status == 1
        assert links(body)["siren:yard"] is False


class Hook(BaseHTTPRequestHandler):
    """A webhook that keeps what it gets."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append(json.loads(body))  # type: ignore[attr-defined]
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def test_an_alarm_and_the_self_test_go_out_through_a_channel_and_a_dead_one_is_named(tmp_path: Path) -> None:
    pytest.importorskip("apprise", reason="needs the extra push")
    server = HTTPServer(("127.0.0.1", 0), Hook)
    server.got = []  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    for name, port in (("live", server.server_port), ("dead", 9)):
        (tmp_path / name).write_text(f"json://127.0.0.1:{port}/?token=secret-word\n", "utf-8")
        (tmp_path / name).chmod(0o600)
    channels = '[push]\nretry_s = 0.2\nfault_after_s = 1.0\n[push.channels.live]\nurl_file = "live"\npriority = 3\n'
    text = SITE + LIMITS + channels + '[push.channels.dead]\nurl_file = "dead"\n'
    try:
        with running(tmp_path, text) as gateway:
            wait_door(gateway, "locked")
            _, body = ask(gateway)
            assert links(body)["push:live"] is True
            assert links(body)["push:dead"] is False
            titles = [message["title"] for message in server.got]  # type: ignore[attr-defined]
            assert any(title.startswith("【自检】") for title in titles)
            eventually(lambda: gateway.events("push.failed"), "the dead channel is on record")
            eventually(lambda: gateway.events("push.delivered"), "the live one too")
            assert {row["name"]: row["up"] for row in gateway.state()["push"]} == {"live": True, "dead": False}
            assert "secret-word" not in "".join(gateway.output)
    finally:
        server.shutdown()
        server.server_close()
        thread.join(30)
