"""Evidence taken out beside the running gateway: the bundle holds, and the log says that it was taken."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from edge.cli.main import cli
from edge.evidence.verify import verify_bundle
from tests.site.gateway import eventually, running


def test_an_export_beside_the_running_gateway_is_on_record(tmp_path: Path) -> None:
    with running(tmp_path) as gateway:
        out = tmp_path / "start.zip"
        words = ["evidence", "export", "1", "--out", str(out), "--site", str(gateway.file)]
        exported = CliRunner().invoke(cli, words)
        assert exported.exit_code == 0, exported.output
        eventually(lambda: gateway.kinds("evidence."), "the export is on record")
        [event] = [event for event in gateway.events() if event.kind == "evidence.exported"]
        assert event.data()["sha256"] == json.loads(exported.stdout)["sha256"]
        assert event.source.startswith("operator:")
    assert verify_bundle(out).ok
