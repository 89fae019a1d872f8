"""The program's own log on stderr: for people, or as JSON lines. Shell.

Plates never appear here by default (they are in the event log, which is guarded): what looks like one is masked.
"""

from __future__ import annotations

import json
import logging
import re
import sys

_PLATE = re.compile(r"([\u4e00-\u9fff][A-Z])([0-9A-Z]{3,6})([0-9A-Z\u4e00-\u9fff])")
_CREDENTIALS = re.compile(r"(//)[^/@\s]+@")


def mask(text: str) -> str:
    """The text with plates shortened (``京A•••••5``) and addresses' credentials removed."""
    text = _PLATE.sub(lambda m: f"{m[1]}{'•' * len(m[2])}{m[3]}", text)
    return _CREDENTIALS.sub(r"\1***@", text)


class _Plain(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return mask(super().format(record))


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": self.formatTime(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": mask(record.getMessage()),
        }
        if record.exc_info:
            line["trace"] = mask(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)


def set_up(*, as_json: bool, level: int = logging.INFO) -> None:
    """Send the program's log to stderr."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json() if as_json else _Plain("%(asctime)s %(levelname).1s %(name)s: %(message)s"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
