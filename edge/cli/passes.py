"""``menwei pass``: make and verify signed passes without a site, for the programmers of owners' apps. Shell.

Exit status: 0 made or granted, 1 refused, 2 wrong input.
"""

from __future__ import annotations

import json
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click

from edge.access.pass_keys import KeyFileError, generate, load_issuer, load_keyring
from edge.access.passes import GATES_MAX, ID_BYTES, USES_MAX, Pass, PassDecision, check, make, plate_hash
from edge.access.qr_picture import write_qr
from edge.access.reason_words import PASS_WORDS
from edge.cli.lists import clean, moment

SECONDS_MAX = 2**32
PLATE_CHARS_MAX = 16


@click.group("pass")
def passes() -> None:
    """Signed QR passes / 签名通行码."""


@passes.command("keygen")
@click.option("--out", required=True, type=click.Path(path_type=Path), metavar="DIR", help="目录 / directory")
def pass_keygen(out: Path) -> None:
    """Make an issuer's keys: private.pem (0600) and public.pem / 生成签发密钥."""
    with _key_errors("--out"):
        private, public = generate(out)
    click.echo(f"{private}\n{public}")


@passes.command("make")
@click.option("--key", required=True, type=click.Path(path_type=Path), metavar="PEM", help="私钥 / private key")
@click.option("--gates", required=True, metavar="1,3", help="门的编号 1~64 / numbers of gates, 1 to 64")
@click.option("--from", "begin", required=True, metavar="ISO", help="开始，含 / first moment at which it is valid")
@click.option("--until", "end", required=True, metavar="ISO", help="结束，不含 / first moment at which it is not")
@click.option(
    "--uses",
    type=int,
    metavar="N",
    help="可进入次数 1~255，省略则不限 / entries, 1 to 255; no limit when absent",
)
@click.option(
    "--home",
    type=int,
    metavar="GATE",
    help="计次的门，默认编号最小者 / gate that counts them; the lowest by default",
)
@click.option("--plate", help="绑定车牌 / bound to this plate")
@click.option("--picture", type=click.Path(path_type=Path), metavar="SVG", help="写出二维码图片 / write a QR code")
def pass_make(  # noqa: PLR0917 - click hands options over by name
    key: Path,
    gates: str,
    begin: str,
    end: str,
    uses: int | None,
    home: int | None,
    plate: str | None,
    picture: Path | None,
) -> None:
    """Print a token / 生成通行码.

    \b
    menwei pass make --key keys/private.pem --gates 1,3 --from 2026-05-01T09:00+08:00 --until 2026-05-01T18:00+08:00
    """
    numbers = frozenset(_gate(text, "--gates") for text in gates.split(","))
    not_before_s, not_after_s = _second(begin, "--from"), _second(end, "--until")
    if not_after_s <= not_before_s:
        raise _wrong("--until", "结束时间必须晚于开始时间", "the end must be later than the begin")
    if uses is not None and not 1 <= uses <= USES_MAX:
        raise _wrong("--uses", f"次数应为 1~{USES_MAX}，不限则省略", f"1 to {USES_MAX}, or leave it out for no limit")
    if home is not None and (uses is None or home not in numbers):
        raise _wrong("--home", "须与 --uses 同用，且在 --gates 之内", "goes with --uses and must be one of --gates")
    with _key_errors("--key"):
        issuer, sign = load_issuer(key)
    bound_to = None if plate is None else _plate(plate)

    def drawn() -> str:
        id_ = secrets.token_hex(ID_BYTES)
        pass_ = Pass(
            id=id_,
            not_before_s=not_before_s,
            not_after_s=not_after_s,
            gates=numbers,
            uses=uses or 0,
            home=(home or min(numbers)) if uses else 0,
            plate_hash=bytes(4) if bound_to is None else plate_hash(id_, bound_to),
        )
        return make(pass_, issuer, sign)

    # Base45 has a space: a token that holds one breaks in shells and in programs that strip. One id in 19 gives none.
    token = next(text for text in iter(drawn, "") if " " not in text)
    click.echo(token)
    if picture is not None:
        write_qr(picture, token)


@passes.command("verify")
@click.option("--key", required=True, type=click.Path(path_type=Path), metavar="PEM", help="公钥 / public key")
@click.option("--gate", required=True, metavar="N", help="门的编号 / number of the gate")
@click.option("--at", "at", required=True, metavar="ISO", help="时刻 / moment")
@click.option("--plate", help="门口读到的车牌 / plate read at the gate")
@click.argument("token")
def pass_verify(key: Path, gate: str, at: str, plate: str | None, token: str) -> None:
    """Say as JSON whether a token opens a gate; uses are counted by the gateway alone / 校验通行码."""
    number, at_s = _gate(gate, "--gate"), _moment(at, "--at")
    shown = "" if plate is None else _plate(plate)
    with _key_errors("--key"):
        keyring = load_keyring([key])
    everywhere = range(1, GATES_MAX + 1)
    decision = check(token, keyring, gate=number, plate=shown, now_s=at_s, spent={}, counted=everywhere)
    click.echo(json.dumps(_shown(decision), ensure_ascii=False))
    sys.exit(0 if decision.granted else 1)


def _shown(decision: PassDecision) -> dict[str, object]:
    zh, en = PASS_WORDS[decision.reason]
    result: dict[str, object] = {"granted": decision.granted, "reason": decision.reason.value, "zh": zh, "en": en}
    if decision.pass_ is not None:
        pass_ = decision.pass_
        result["pass"] = {
            "id": pass_.id,
            "from": datetime.fromtimestamp(pass_.not_before_s, UTC).isoformat(),
            "until": datetime.fromtimestamp(pass_.not_after_s, UTC).isoformat(),
            "gates": sorted(pass_.gates),
            "uses": pass_.uses or None,
            "home": pass_.home or None,
            "plate_bound": any(pass_.plate_hash),
        }
    return result


def _gate(text: str, option: str) -> int:
    # isdecimal alone would let other scripts' digits through, which a site file cannot name.
    number = int(text) if text.strip().isascii() and text.strip().isdecimal() else 0
    if not 1 <= number <= GATES_MAX:
        raise _wrong(
            option, f"{text!r} 不是 1~{GATES_MAX} 的门编号", f"{text!r} is no number of a gate, 1 to {GATES_MAX}"
        )
    return number


def _moment(text: str, option: str) -> float:
    try:
        return moment(text)
    except (click.ClickException, OverflowError, OSError) as error:
        raise _wrong(option, f"{text} 不是 ISO 8601 时间", f"{text} is not an ISO 8601 time") from error


def _second(text: str, option: str) -> int:
    seconds = int(_moment(text, option) // 1)
    if not 0 <= seconds < SECONDS_MAX:
        raise _wrong(option, "应在 1970 年至 2106 年之间", "must lie between 1970 and 2106")
    return seconds


def _plate(text: str) -> str:
    plate = clean(text)
    if not plate or len(plate) > PLATE_CHARS_MAX or not plate.isalnum():
        raise _wrong("--plate", f"{text!r} 不是车牌", f"{text!r} is no plate")
    return plate


@contextmanager
def _key_errors(option: str) -> Iterator[None]:
    """A key file that cannot be used is wrong input."""
    try:
        yield
    except KeyFileError as error:
        raise click.BadParameter(str(error), param_hint=option) from error


def _wrong(option: str, zh: str, en: str) -> click.BadParameter:
    return click.BadParameter(f"{zh} / {en}", param_hint=option)
