"""What all settings are made of. Core: pure data, no I/O."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")]
"""A name in the site file: lower-case letters, digits, ``-`` and ``_``; it goes into events and addresses."""

TimeOfDay = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
"""HH:MM on the site's clock."""


def described(zh: str, en: str, **extra: Any) -> Any:
    """A pydantic field with its description in both languages, Chinese first."""
    return Field(description=f"{zh} / {en}", **extra)


class Model(BaseModel):
    """Base of all settings: immutable, unknown keys are errors."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", str_strip_whitespace=True, use_attribute_docstrings=True, allow_inf_nan=False
    )


class InputRef(Model):
    """One digital input of a board and what its contact means."""

    board: Name = described("板", "board")
    channel: int = described("输入通道，从 1 起", "input channel, counted from 1 as printed on the board", ge=1, le=64)
    normally: Literal["open", "closed"] = described(
        "常开或常闭；安全类输入应接常闭，断线即报警",
        "contact at rest; safety inputs belong on normally-closed contacts, so that a cut wire alarms",
        default="open",
    )


class RelayRef(Model):
    """One relay of a board."""

    board: Name = described("板", "board")
    relay: int = described("继电器，从 1 起", "relay, counted from 1 as printed on the board", ge=1, le=64)
