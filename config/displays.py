"""Bytes of the displays' protocols that their documents leave open. Core: data; ``devices`` speaks with them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

Family = Literal["a5", "da"]
SHOW_NOW, DA_VOICE = 0x3A, 0x30

PARAMETERS: Mapping[str, Mapping[str, tuple[int, int]]] = MappingProxyType(
    {
        "da": {"vr": (0x64, 0xFF), "crc_high_first": (0, 1), "voice_cmd": (DA_VOICE, 0xFF), "voice_when": (1, 0xFF)},
        "a5": {
            "show_cmd": (SHOW_NOW, 0xFF),
            "voice_cmd": (0, 0xFF),  # 0: its number is not known here, nothing is spoken
            "length_low_first": (0, 1),
            "length_counts_cmd": (1, 1),
            "xor_skips": (0, 7),
        },
    }
)
"""Per family: each parameter with its default and its largest value."""
COMMON_PARAMETERS: Mapping[str, tuple[int, int]] = MappingProxyType({"gap_ms": (50, 5000), "reply_ms": (0, 5000)})
"""For both: pause between frames; how long to wait for the display's reply, 0 when it gives none."""


def parameter(family: Family, given: Mapping[str, int], name: str) -> int:
    """A parameter as given, else its default."""
    default, _ = PARAMETERS[family].get(name) or COMMON_PARAMETERS[name]
    return given.get(name, default)


def parameter_problem(family: Family, parameters: Mapping[str, int]) -> tuple[str, str] | None:
    """What is wrong with a display's parameters (zh, en)."""
    known = {**PARAMETERS[family], **COMMON_PARAMETERS}
    for name, value in parameters.items():
        if name not in known:
            return f"{family} 没有参数 {name}，可用 {'、'.join(known)}", f"{family} has no {name}: {', '.join(known)}"
        if not 0 <= value <= known[name][1]:
            return f"{name} 应为 0 到 {known[name][1]}", f"{name} must be 0 to {known[name][1]}"
    return None
