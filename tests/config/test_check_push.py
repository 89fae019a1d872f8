"""Channels that would tell twice, or too late, are named where they are written."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.check import check
from config.load import load

ONE = '[push.channels.a]\nurl_file = "one"\n'


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        (ONE, []),
        (ONE + '[push.channels.b]\nurl_file = "two"\n', []),
        (ONE + '[push.channels.b]\nurl_file = "one"\n', ["push.channels.b.url_file"]),
        ("[push]\ngive_up_s = 30\nfault_after_s = 60\n" + ONE, ["push.fault_after_s"]),
        ("[push]\ngive_up_s = 30\nfault_after_s = 60\n", []),
    ],
)
def test_what_is_odd_about_channels_is_a_warning_at_its_key(tmp_path: Path, text: str, keys: list[str]) -> None:
    file = tmp_path / "site.toml"
    file.write_text(text, "utf-8")
    loaded = load(file)
    found = [problem for problem in check(loaded.site, loaded.origins) if problem.key.startswith("push")]
    assert [problem.key for problem in found] == keys
    assert all(problem.severity == "warning" and problem.line for problem in found)


def test_the_file_of_an_address_counts_from_the_site_file(tmp_path: Path) -> None:
    file = tmp_path / "site.toml"
    file.write_text(ONE, "utf-8")
    assert load(file).site.push.channels["a"].url_file == tmp_path / "one"
