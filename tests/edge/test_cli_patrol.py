"""``menwei patrol``: codes that nobody guesses, proofs that hold only as they were signed."""

from __future__ import annotations

import json
from importlib.util import find_spec
from pathlib import Path

import pytest
from click.testing import CliRunner

from edge.cli.main import cli
from edge.patrol.proof import FORMAT, signed
from sync.keys import SigningKey

KEY, OTHER = SigningKey(b"k" * 32), SigningKey(b"o" * 32)


def proof(key: SigningKey = KEY) -> bytes:
    """A proof of no round."""
    body = {"format": FORMAT, "rounds": [], "public_key": key.public_hex, "key_id": key.id}
    return signed(body, key)


def test_each_code_is_another_and_long_enough(tmp_path: Path) -> None:
    said = {CliRunner().invoke(cli, ["patrol", "code"]).output for _ in range(20)}
    assert len(said) == 20
    assert all(len(line.split('"')[1]) >= 16 for line in said)


@pytest.mark.skipif(find_spec("zxingcpp") is None, reason="needs menwei[qr]")
def test_a_code_is_drawn_as_a_picture_that_says_the_same(tmp_path: Path) -> None:
    from tests.edge.svg_reader import read_text

    out = tmp_path / "shed.svg"
    said = CliRunner().invoke(cli, ["patrol", "code", "--out", str(out)])
    assert read_text(out.read_text("utf-8")) == said.output.split('"')[1]


CHECKED = {
    "as signed": (proof(), [KEY.public_hex], 0, "holds"),
    "by itself": (proof(), [], 0, "holds"),
    "by another key": (proof(OTHER), [KEY.public_hex], 1, "holds"),
    "altered": (proof().replace(b"[]", b"[{}]"), [], 1, "broken"),
    "signed by one, named for another": (
        proof().replace(KEY.public_hex.encode(), OTHER.public_hex.encode()), [], 1, "broken",
    ),
    "no proof": (b"{}", [], 1, "unreadable"),
    "no text": (b"\xff\x00", [], 1, "unreadable"),
    "deep": (b"[" * 100_000, [], 1, "unreadable"),
}  # fmt: skip


@pytest.mark.parametrize("case", CHECKED)
def test_a_proof_holds_only_as_it_was_signed(case: str, tmp_path: Path) -> None:
    data, keys, status, signature = CHECKED[case]
    file = tmp_path / "proof.json"
    file.write_bytes(data)
    said = CliRunner().invoke(cli, ["patrol", "verify", str(file), *[w for key in keys for w in ("--key", key)]])
    assert said.exit_code == status, said.output
    assert json.loads(said.output)["signature"] == signature


def test_a_proof_of_too_many_days_is_refused(tmp_path: Path) -> None:
    words = ["patrol", "proof", "--from", "2026-01-01", "--to", "2026-06-01", "--out", str(tmp_path / "x.json")]
    said = CliRunner().invoke(cli, words)
    assert said.exit_code == 2
    assert "31" in said.output
