"""``menwei pass``: made and verified without a site; exit status 0 granted, 1 refused, 2 wrong input."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edge.cli.main import cli

ROOT = Path(__file__).resolve().parents[2]
FROM, UNTIL, NOON = "2026-05-01T09:00:00+08:00", "2026-05-01T18:00:00+08:00", "2026-05-01T12:00:00+08:00"


def menwei(*words: str) -> Result:
    return CliRunner().invoke(cli, ["pass", *words])


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    assert menwei("keygen", "--out", str(tmp_path / "keys")).exit_code == 0
    return tmp_path / "keys"


def made(keys: Path, *more: str, gates: str = "1,3", begin: str = FROM, end: str = UNTIL) -> Result:
    return menwei("make", "--key", str(keys / "private.pem"), "--gates", gates, "--from", begin, "--until", end, *more)


def verified(keys: Path, token: str, *more: str, gate: str = "1", at: str = NOON) -> Result:
    return menwei("verify", "--key", str(keys / "public.pem"), "--gate", gate, "--at", at, *more, token)


def test_keygen_writes_a_private_key_for_its_owner_alone_and_never_overwrites(keys: Path) -> None:
    assert (keys / "private.pem").stat().st_mode & 0o777 == 0o600
    before = (keys / "private.pem").read_bytes()
    again = menwei("keygen", "--out", str(keys))
    assert (again.exit_code, (keys / "private.pem").read_bytes()) == (2, before)
    assert "已存在" in again.output
    assert "exists" in again.output


@pytest.mark.parametrize(
    ("make", "verify", "at", "reason"),
    [
        ((), (), {}, "pass"),
        ((), (), {"gate": "3", "at": FROM}, "pass"),
        (("--uses", "2"), (), {"gate": "3"}, "pass"),
        (("--uses", "255", "--home", "3"), (), {}, "pass"),
        ((), (), {"gate": "2"}, "pass_wrong_gate"),
        ((), (), {"at": "2026-05-01T08:59:59+08:00"}, "pass_early"),
        ((), (), {"at": UNTIL}, "pass_late"),
        (("--plate", "京A·12345"), ("--plate", "京a12345"), {}, "pass"),
        (("--plate", "京A12345"), ("--plate", "京A12346"), {}, "pass_wrong_plate"),
        (("--plate", "京A12345"), (), {}, "pass_plate_needed"),
    ],
)
def test_verify_says_the_reason(
    keys: Path, make: tuple[str, ...], verify: tuple[str, ...], at: dict[str, str], reason: str
) -> None:
    token = made(keys, *make).output.strip()
    result = verified(keys, token, *verify, **at)
    said = json.loads(result.output)
    assert (said["reason"], said["granted"], result.exit_code) == (reason, reason == "pass", int(reason != "pass"))
    assert said["zh"]
    assert said["en"]
    assert said["pass"]["gates"] == [1, 3]
    assert said["pass"]["from"] == "2026-05-01T01:00:00+00:00"


@pytest.mark.parametrize("token", ["", "MW1:", "hello", "MW1:" + "0" * 132, "MW1:ÄÖ", "x" * 5000, "通行码"])
def test_a_text_that_is_no_pass_is_refused_with_a_reason(keys: Path, token: str) -> None:
    result = verified(keys, token)
    assert result.exit_code == 1
    assert json.loads(result.output)["reason"] in ("pass_malformed", "pass_unknown_key")


def test_another_issuers_pass_is_refused(keys: Path, tmp_path: Path) -> None:
    menwei("keygen", "--out", str(tmp_path / "other"))
    result = verified(keys, made(tmp_path / "other").output.strip())
    assert result.exit_code == 1
    assert json.loads(result.output)["reason"] in ("pass_unknown_key", "pass_bad_signature")


@pytest.mark.parametrize(
    ("more", "fields", "says"),
    [
        ((), {"begin": "yesterday"}, "not an ISO 8601 time"),
        ((), {"end": "2026-13-01T00:00"}, "not an ISO 8601 time"),
        ((), {"end": FROM}, "later than the begin"),
        ((), {"begin": UNTIL, "end": FROM}, "later than the begin"),
        ((), {"begin": "1900-01-01T00:00+00:00"}, "1970"),
        ((), {"end": "2300-01-01T00:00+00:00"}, "2106"),
        ((), {"gates": "65"}, "1 to 64"),
        ((), {"gates": "0"}, "1 to 64"),
        ((), {"gates": "1,,3"}, "1 to 64"),
        ((), {"gates": "east"}, "1 to 64"),
        ((), {"gates": ""}, "1 to 64"),
        ((), {"gates": "-1"}, "1 to 64"),
        (("--uses", "0"), {}, "1 to 255"),
        (("--uses", "256"), {}, "1 to 255"),
        (("--uses", "-1"), {}, "1 to 255"),
        (("--uses", "many"), {}, "not a valid integer"),
        (("--uses", "1", "--home", "2"), {}, "one of --gates"),
        (("--home", "1"), {}, "goes with --uses"),
        (("--plate", ""), {}, "is no plate"),
        (("--plate", "<script>"), {}, "is no plate"),
    ],
)
def test_wrong_input_is_status_2_with_a_sentence(
    keys: Path, more: tuple[str, ...], fields: dict[str, str], says: str
) -> None:
    result = made(keys, *more, **fields)
    assert result.exit_code == 2
    assert says in result.output
    assert "Traceback" not in result.output


def test_key_files_that_cannot_be_used_are_named(keys: Path, tmp_path: Path) -> None:
    token = made(keys).output.strip()
    missing = made(tmp_path / "nowhere")
    assert (missing.exit_code, "cannot read key file" in missing.output, "无法读取" in missing.output) == (
        2,
        True,
        True,
    )
    shutil.copy(keys / "public.pem", tmp_path / "private.pem")
    shutil.copy(keys / "private.pem", tmp_path / "public.pem")
    for swapped in (made(tmp_path), verified(tmp_path, token)):
        assert swapped.exit_code == 2
        assert "menwei pass keygen" in swapped.output
    (tmp_path / "public.pem").write_bytes(b"\xff\x00garbage")
    assert verified(tmp_path, token).exit_code == 2


@pytest.mark.parametrize(("gate", "at"), [("65", NOON), ("0", NOON), ("x", NOON), ("1", "noon")])
def test_verify_checks_its_own_input_too(keys: Path, gate: str, at: str) -> None:
    assert verified(keys, made(keys).output.strip(), gate=gate, at=at).exit_code == 2


def test_the_program_itself_needs_no_site(keys: Path, tmp_path: Path) -> None:
    """As a programmer runs it, in an empty directory."""
    command = [sys.executable, "-m", "edge", "pass"]
    key = ["--key", str(keys / "private.pem")]
    window = ["--gates", "1", "--from", FROM, "--until", UNTIL]
    environment = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
    token = subprocess.run(
        [*command, "make", *key, *window], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    ).stdout.rstrip("\n")
    public = ["--key", str(keys / "public.pem")]
    for gate, status in (("1", 0), ("2", 1), ("65", 2)):
        done = subprocess.run(
            [*command, "verify", *public, "--gate", gate, "--at", NOON, token],
            cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == status, done.stderr


def test_the_picture_is_a_qr_code_of_the_token(keys: Path, tmp_path: Path) -> None:
    pytest.importorskip("zxingcpp", reason="the extra `qr` is not installed")
    from tests.edge.svg_reader import read_svg

    token = made(keys, "--picture", str(tmp_path / "pass.svg")).output.strip()
    assert read_svg(tmp_path / "pass.svg") == token
    assert made(keys, "--picture", str(tmp_path / "no" / "pass.svg")).exit_code == 1
