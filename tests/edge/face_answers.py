"""Answers about pictures as a child gives them, with templates that point along axes."""

from __future__ import annotations

import base64
import struct
from typing import Any

from config.model import Site
from edge.faces.embedder import embedder_of

EMBEDDER = embedder_of(Site())


def template(*axes: int, dim: int = EMBEDDER.dim) -> bytes:
    """A vector of length 1 between some axes; templates that share one of two axes have a likeness of one half."""
    share = len(axes) ** -0.5
    return struct.pack(f"<{dim}f", *(share if number in axes else 0.0 for number in range(dim)))


def answer(file: str, *axes: int, **more: Any) -> dict[str, Any]:
    """A good picture."""
    return {
        "file": file,
        "found": True,
        "problem": "",
        "quality": 0.8,
        "model": EMBEDDER.model,
        "template": base64.b64encode(template(*axes)).decode(),
        **more,
    }
