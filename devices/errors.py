"""Errors of the wire, by who broke what. Core: names only."""

from __future__ import annotations


class DeviceError(Exception):
    """Base of all device errors."""


class LinkDown(DeviceError):
    """The port is absent, busy or was unplugged."""


class NoReply(DeviceError):
    """The far end did not answer in time."""


class BadReply(DeviceError):
    """The far end answered with something that is not an answer to our request."""


class Refused(DeviceError):
    """The far end answered with an exception code (Modbus application protocol V1.1b3, section 7)."""

    def __init__(self, message: str, *, code: int = 0) -> None:
        super().__init__(message)
        self.code = code


class Unsuitable(DeviceError):
    """The site file asks a device for what its model cannot do safely; said at start, in both languages."""
