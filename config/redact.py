"""Blanks passwords before a setting is shown. Core: pure."""

from __future__ import annotations

import re

MASK = "***"

# Everything from the first colon after the user to the last @: passwords of cameras hold @ and / unescaped.
_USER_INFO = re.compile(r"(?P<head>[A-Za-z][A-Za-z0-9+.-]*://[^:@/\s]*):\S*@")
_QUERY = re.compile(
    r"(?P<head>[?&;](?:pass|passwd|password|pwd|token|key|apikey|api_key|secret|auth|access_token)=)[^&;\s]*",
    re.IGNORECASE,
)


def redact(text: str) -> str:
    """The text with the passwords of addresses and query strings replaced by ``***``."""
    text = _USER_INFO.sub(rf"\g<head>:{MASK}@", text)
    return _QUERY.sub(rf"\g<head>{MASK}", text)
