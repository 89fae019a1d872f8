"""Who gets in after a start: the printed token while nobody has an account, later only an account or a token."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from edge.cli.main import cli
from edge.demo.guard import Guard
from tests.site.gateway import PATIENCE_S, Gateway, eventually, running

PASSWORD = "correct horse battery"


def test_a_token_is_printed_only_until_somebody_has_an_account(tmp_path: Path) -> None:
    with running(tmp_path) as gateway:
        assert gateway.token
        words = ["users", "add", "li", "--role", "admin", "--site", str(gateway.file)]
        assert CliRunner().invoke(cli, words, input=f"{PASSWORD}\n{PASSWORD}\n").exit_code == 0
        assert gateway.stop() == 0

        second = Gateway(tmp_path)
        second.spawn()
        try:
            said = eventually(
                lambda: next((line for line in second.output if "menwei users token" in line), ""), "it says how"
            )
            assert f"--site {second.file}" in said
            url = next(line for line in second.output if "guards' page" in line).split()[-1]
            assert not any("#token=" in line for line in second.output)
            made = CliRunner().invoke(cli, ["users", "token", "--site", str(second.file)])
            guard = Guard(url)
            guard.log_in(made.output.strip())
            assert guard.get("/v1/state")["site"]["id"] == "test"
            assert second.stop() == 0
        finally:
            if second.process is not None and second.process.poll() is None:
                second.process.kill()
                second.process.wait(PATIENCE_S)
