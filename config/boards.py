"""Maps of relay boards: what each model has and which frames it understands. Core: data; ``devices`` sends them.

A board that is not listed here is described in the site file, or in a file of its own in ``conf.d``::

    [board_models.my-board]
    relays = 4
    inputs = 4
    pulse = { function = 16, base = 0x0003, step = 5, command = 4 }
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from config.base import Model, described

PULSE_MAX_S = 10.0
"""Longest pulse ever asked for; the site file's bound."""
_SWITCHING = (0xFF, 0x55)
"""High bytes that switch a coil on or over for good (Modbus application protocol V1.1b3, 6.5; Waveshare)."""


class TimedPulse(Model):
    """How a board is told to close a relay for a while and to open it again by itself (点动、闪开)."""

    function: Literal[5, 6, 16] = described("功能码", "function code that starts it", default=5)
    base: int = described("1 号继电器的地址", "address for relay 1", ge=0, le=0xFFFF)
    step: int = described("相邻继电器的地址差", "addresses from one relay to the next", default=1, ge=1, le=256)
    command: int = described(
        "命令字：功能码 16 时写在时长之前，05、06 时与时长相加",
        "command word: before the duration with function 16, added to it with 05 and 06",
        default=0,
        ge=0,
        le=0xFFFF,
    )
    unit_s: float = described("时长单位", "unit of the duration", default=0.1, ge=0.01, le=1)
    units_max: int = described("时长上限（单位数）", "longest duration in units", default=100, ge=1, le=1000)


class BoardModel(Model):
    """``[board_models.NAME]``: what a board of this model has; channels are counted from 1 as printed on it."""

    title: str = described("名称", "name in words", default="", max_length=80)
    relays: int = described("继电器数", "number of relays", default=0, ge=0, le=64)
    relays_function: Literal[1, 3] = described(
        "读继电器的功能码（03 为每路一个寄存器）", "function that reads relays; 03: one register each", default=1
    )
    relays_base: int = described("读 1 号继电器的地址", "address that relay 1 is read at", default=0, ge=0, le=0xFFFF)
    inputs: int = described("输入数", "number of inputs, read with function 02", default=0, ge=0, le=64)
    inputs_base: int = described("读 1 号输入的地址", "address of input 1", default=0, ge=0, le=0xFFFF)
    inputs_read_count: int | None = described(
        "一次须读的输入数，省略为全部", "inputs to ask for at once; all when absent", default=None, ge=1, le=64
    )
    pulse: TimedPulse | None = described(
        "由板计时的脉冲；没有则只能作输入", "pulse timed by the board; without one it gives inputs only", default=None
    )
    frames: Literal["modbus", "lcus", "turnstile"] = described(
        "帧格式", "frames that it speaks: Modbus RTU, LCUS USB relay, turnstile", default="modbus"
    )
    answers: bool = described(
        "能否读回（lcus 单路、翼闸不应答）", "whether it tells its state; some units answer nothing", default=True
    )
    switches: bool = described(
        "没有定时脉冲，但可由网关吸合再断开，仅限声光报警器",
        "times no pulse, but may be switched on and off again: for sirens and strobes alone",
        default=False,
    )
    xor_with: int = described(
        "翼闸校验与规则相差的值，需现场确认",
        "what a turnstile's check differs by from its rule, to be confirmed on site",
        default=0,
        ge=0,
        le=255,
    )
    source: str = described("资料来源", "where this is documented", default="")

    @property
    def times_pulses(self) -> bool:
        """Whether the board itself ends what it was told; only such a board may move a barrier or a lock."""
        return self.pulse is not None or self.frames == "turnstile"


TURNSTILE_WAYS = 2  # relay 1 opens to the left, relay 2 to the right
LCUS_CHANNELS_MAX = 8


def model_problem(model: BoardModel) -> tuple[str, str] | None:
    """Why a map cannot be right or would be dangerous (zh, en); None when it is sound."""
    if not model.relays and not model.inputs:
        return "既没有继电器也没有输入", "it has neither relays nor inputs"
    if model.inputs_read_count is not None and model.inputs_read_count < model.inputs:
        return "inputs_read_count 小于 inputs", "inputs_read_count is less than inputs"
    if model.frames != "modbus":
        return _own_frames_problem(model)
    if not model.answers:
        return "Modbus 板总有应答，不能写 answers = false", "a Modbus board always answers: drop answers = false"
    if model.switches and (model.relays_function != 1 or not model.relays):
        return (
            "switches 需要可用功能码 01 读回、05 吸合的继电器",
            "switches needs relays that are read with 01 and switched with 05",
        )
    return None if model.pulse is None else _pulse_problem(model, model.pulse)


def _own_frames_problem(model: BoardModel) -> tuple[str, str] | None:
    """LCUS relays and turnstiles have neither inputs nor timed pulses."""
    if model.inputs or model.pulse is not None:
        return f"{model.frames} 没有输入和 pulse", f"{model.frames} has neither inputs nor a pulse"
    if model.frames == "lcus" and not (model.switches and model.relays <= LCUS_CHANNELS_MAX):
        return "lcus 须写 switches = true，最多 8 路", "lcus needs switches = true and has 8 channels at most"
    if model.frames == "turnstile" and (model.relays != TURNSTILE_WAYS or model.switches or model.answers):
        return (
            "翼闸须写 relays = 2（左、右）、answers = false，不写 switches",
            "a turnstile has relays = 2 (left, right), answers = false and no switches",
        )
    return None


def unfit(model: BoardModel, use: str, *, person: bool = False) -> tuple[str, str] | None:
    """Why the relays of a board may not serve ``lanes``, ``doors`` or ``sirens`` (zh, en); None when they may."""
    if model.frames == "turnstile" and not (use == "lanes" and person):
        return "是翼闸，只可用于人行通道", "is a turnstile: it serves person lanes alone"
    if model.times_pulses or (model.switches and use == "sirens"):
        return None
    return (
        "不能自己结束脉冲，网关中断时继电器会一直吸合",
        "does not time its pulses; a relay could stay on for ever",
    )


def _pulse_problem(model: BoardModel, pulse: TimedPulse) -> tuple[str, str] | None:
    last = pulse.base + pulse.step * max(0, model.relays - 1)
    if not model.relays:
        return "没有继电器，不能有 pulse", "it has no relays to pulse"
    if last > 0xFFFF:
        return "末路继电器的脉冲地址超过 0xFFFF", "the last relay's pulse address is above 0xFFFF"
    if pulse.function != 16 and pulse.command and (pulse.command + pulse.units_max) >> 8 != pulse.command >> 8:
        return (
            "command 加最长时长会进位成另一条命令，请减小 units_max",
            "command plus the longest duration becomes another command: lower units_max",
        )
    relays = range(model.relays_base, model.relays_base + model.relays)
    if pulse.function == 5 and (pulse.command >> 8 in _SWITCHING or (pulse.base in relays and not pulse.command)):
        return (
            "这是普通的吸合命令，不是定时脉冲：网关中断时继电器会一直吸合",
            "that switches the relay on for good, it is no timed pulse: whatever dies, it would stay on",
        )
    return None


def _lcus(channels: int) -> BoardModel:
    return BoardModel(
        title=f"LCUS-{channels} USB relay",
        relays=channels,
        frames="lcus",
        answers=channels > 1,  # the one-channel model answers nothing
        switches=True,
        source="wiki.diustou.com USB_Relay; tilga.com 5732195",
    )


BOARD_MODELS: Mapping[str, BoardModel] = MappingProxyType(
    {
        "waveshare-8": BoardModel(
            title="Waveshare Modbus RTU Relay (D)",
            relays=8,
            inputs=8,
            pulse=TimedPulse(base=0x0200),  # FC05 at 0x0200 + n, n x 100 ms
            source="Waveshare wiki 'Modbus RTU Relay (D)'; nobrega8/mbmap-library modbus-rtu-relay.mbmap.json",
        ),
        # Without a relay's timed pulse documented for it, a gateway that dies would leave its relay on.
        "lctech-8": BoardModel(
            title="LCTech Modbus RTU relay board",
            relays=8,
            inputs=8,
            inputs_read_count=8,  # other counts fail
            switches=True,  # FC05 on coils 0 to 7: FF00 on, 0000 off
            source="CSDN 112915034; artisan discussion 634",
        ),
        # 闪开: two registers from 3 + 5n, command 4, then n x 100 ms; FF 10 00 03 00 02 04 00 04 00 14 C5 9F.
        "flash-4": BoardModel(
            title="4 relays, 4 inputs, with flash command (闪开)",
            relays=4,
            inputs=4,
            inputs_read_count=8,
            pulse=TimedPulse(function=16, base=0x0003, step=5, command=4),
            source="CSDN 126922198; frames published by many users of LC-type boards",
        ),
        "flash-8": BoardModel(
            title="8 relays, 8 inputs, with flash command (闪开)",
            relays=8,
            inputs=8,
            inputs_read_count=8,
            pulse=TimedPulse(function=16, base=0x0003, step=5, command=4),
            source="as flash-4",
        ),
        # 0x0100 on, 0x0200 off, 0x06ss on for ss seconds; registers from 1; no inputs, function 02 is refused.
        "eletechsup-8": BoardModel(
            title="Eletechsup R4D8A08, RYN408F",
            relays=8,
            relays_function=3,
            relays_base=1,
            pulse=TimedPulse(function=6, base=0x0001, command=0x0600, unit_s=1.0, units_max=10),
            source="TG9541 gist; RYN404E and RYN408F manual (485io.com) as read by users of its library",
        ),
        **{f"lcus-{channels}": _lcus(channels) for channels in (1, 2, 4, 8)},
        # EB addr 40 (left) or 41 (right) 00 xor; its own controller closes it. It answers nothing.
        "turnstile-eb": BoardModel(
            title="turnstile or swing barrier, frame EB (翼闸、摆闸)",
            relays=TURNSTILE_WAYS,
            frames="turnstile",
            answers=False,
            source="Mach Power AC-ATRI-018 manual, page 12",
        ),
    }
)


def known_models(described_here: Mapping[str, BoardModel]) -> Mapping[str, BoardModel]:
    """Our models and those of a site file (``site.board_models``); ours cannot be redefined."""
    return {**described_here, **BOARD_MODELS}
