"""Errors of the wire, by who broke what."""

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
    """The far end answered with an exception code."""
