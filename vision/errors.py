"""Core: what can go wrong with a source or on the wire, and how to say so without giving a password away."""

from __future__ import annotations

import re

from vision.observations import CameraFault

_USER_INFO = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*://)\S*@")
# Some cameras take the password in the path or query: rtsp://host/user=admin&password=secret&channel=1
_SECRET_FIELD = re.compile(r"(?i)\b(password|passwd|pwd|pass|token|secret)(=|%3D)[^&\s]*")


def mask_credentials(text: str) -> str:
    """The text with ``user:password@`` of addresses and ``password=…`` fields blotted out."""
    return _SECRET_FIELD.sub(r"\1\2***", _USER_INFO.sub(r"\1***@", text))


class VisionError(Exception):
    """Base of all errors of this room."""


class SourceError(VisionError):
    """A source gives no picture; says why and what to do, in Chinese and English, without credentials."""

    fault: CameraFault = CameraFault.UNREACHABLE

    def __init__(self, zh: str, en: str) -> None:
        self.zh = mask_credentials(zh)
        self.en = mask_credentials(en)
        super().__init__(f"{self.zh} / {self.en}")


class Unreachable(SourceError):
    """It cannot be opened: no route, refused, absent, log-in wrong."""


class Stalled(SourceError):
    """It is open, but says nothing within the time-out."""

    fault = CameraFault.STALLED


class Garbage(SourceError):
    """Bytes arrive, but no picture that we may use."""

    fault = CameraFault.GARBAGE


class Ended(SourceError):
    """A file or folder is finished."""

    fault = CameraFault.ENDED


class WireError(VisionError):
    """Bytes from the other process are not what was agreed; their sender is not to be trusted further."""
