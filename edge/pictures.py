"""What kind of picture some bytes claim to be. Core: looks at the first bytes and decodes nothing."""

from __future__ import annotations

SIGNATURES = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png"}


def mime_of(data: bytes) -> str | None:
    """``image/jpeg`` or ``image/png``; None for anything else."""
    return next((mime for start, mime in SIGNATURES.items() if data.startswith(start)), None)
