"""How long each link of the alarm chain takes: a real gateway, a real Chromium, simulated boards, a local webhook.

    python benchmarks/alarm_chain.py --tests 20

Runs that many self-tests and prints p50 and the longest of each link in milliseconds, counted from the moment at which
the hub takes the act. Needs Chromium, the bundled page and the extra ``push``.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import sys
import tempfile
import threading
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

from playwright.sync_api import sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from edge.users.auth import Role, issue_login_token
from tests.site.gateway import Gateway, eventually, running
from tests.site.test_doors import SITE, wait_door
from tests.web.desk import CHROMIUM, FLAGS

MORE = '[desk]\nwatch_every_s = 0\n[push.channels.hook]\nurl_file = "hook"\npriority = 3\nper_minute = 60\n'


class Hook(BaseHTTPRequestHandler):
    """Takes everything."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


def measure(gateway: Gateway, tests: int) -> dict[str, list[float]]:
    """Milliseconds of each link over so many self-tests; stops at the first silent link."""
    took: dict[str, list[float]] = defaultdict(list)
    for number in range(tests):
        before = (gateway.state()["selftest"]["last"] or {}).get("test")
        status, verdict = gateway.guard.post("/v1/selftest", {})
        assert status == 200, verdict

        def ended(before: object = before) -> dict[str, object] | None:
            last = gateway.state()["selftest"]["last"]
            return last if last and last["test"] != before else None

        last = eventually(ended, f"self-test {number} ends", 120)
        for row in last["links"]:
            assert row["ok"], row
            took[row["link"]].append(row["ms"])
    return took


def main() -> None:
    """Run and print one JSON object."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--tests", type=int, default=20)
    tests = parser.parse_args().tests
    folder = Path(tempfile.mkdtemp())
    server = HTTPServer(("127.0.0.1", 0), Hook)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    (folder / "hook").write_text(f"json://127.0.0.1:{server.server_port}/\n", "utf-8")
    (folder / "hook").chmod(0o600)
    try:
        with running(folder, SITE + MORE) as gateway, sync_playwright() as playwright:
            wait_door(gateway, "locked")
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            page = browser.new_page()
            page.goto(f"{gateway.url}#token={issue_login_token(gateway.site.site.data_dir, Role.GUARD)}")
            page.wait_for_selector("mw-rail", timeout=120_000)
            took = measure(gateway, tests)
            browser.close()
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
        shutil.rmtree(folder, ignore_errors=True)
    rows = {
        link: {"p50_ms": round(statistics.median(ms), 1), "max_ms": round(max(ms), 1), "n": len(ms)}
        for link, ms in took.items()
    }
    print(json.dumps(rows, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
