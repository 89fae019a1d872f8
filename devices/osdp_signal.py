"""Core: a signal at a reader as OSDP commands for libosdp: light, buzzer, text (IEC 60839-11-5, LED, BUZ, TEXT)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from devices.messages import SignalReader

# libosdp's numbers of commands and capabilities; a test holds them against the library.
CMD_LED, CMD_BUZZER, CMD_TEXT = 2, 3, 4
CAP_LED, CAP_BUZZER, CAP_TEXT = 4, 5, 6
RED, GREEN, AMBER = 1, 2, 3

TEXT_MAX = 32
SHOWN_S = 3
_TENTHS = 10 * SHOWN_S
_LED_TEMPORARY, _TONE, _TEXT_TEMPORARY = 2, 2, 3


def parts_of(signal: SignalReader, can: Callable[[int], bool]) -> list[dict[str, Any]]:
    """What to send: green and one beep, red and three, or amber; only what the reader ``can`` do."""
    colour = {True: GREEN, False: RED, None: AMBER}[signal.granted]
    beeps = {True: 1, False: 3, None: 0}[signal.granted]
    text = "".join(char for char in signal.text if " " <= char <= "~").strip()[:TEXT_MAX]
    parts: list[dict[str, Any]] = []
    if can(CAP_LED):
        parts.append(_led(colour))
    if can(CAP_BUZZER) and beeps:
        parts.append(_buzzer(beeps))
    if can(CAP_TEXT) and text:  # readers show ASCII only
        parts.append(_text(text))
    return parts


def _led(colour: int) -> dict[str, Any]:
    return {
        "command": CMD_LED,
        "reader": 0,
        "led_number": 0,
        "temporary": True,  # the reader goes back to its own light, whatever becomes of us
        "control_code": _LED_TEMPORARY,
        "on_count": _TENTHS,
        "off_count": 0,
        "on_color": colour,
        "off_color": 0,
        "timer_count": _TENTHS,
    }


def _buzzer(beeps: int) -> dict[str, Any]:
    return {
        "command": CMD_BUZZER,
        "reader": 0,
        "control_code": _TONE,
        "on_count": 1,
        "off_count": 1,
        "rep_count": beeps,  # 0 would sound until it is stopped
    }


def _text(text: str) -> dict[str, Any]:
    return {
        "command": CMD_TEXT,
        "reader": 0,
        "control_code": _TEXT_TEMPORARY,
        "temp_time": SHOWN_S,
        "offset_row": 1,
        "offset_col": 1,
        "data": text,
    }
