"""Owning a serial port for ever: open, use, lose, open again. Shell: runs in the owner's thread."""

from __future__ import annotations

import logging
from collections.abc import Callable

from devices.errors import LinkDown
from devices.wire import Wire

REOPEN_FIRST_S, REOPEN_MAX_S = 0.2, 5.0
BUG = "内部错误，见日志 / internal error, see the service log"


def keep_port(
    open_wire: Callable[[], Wire],
    own: Callable[[Wire], None],
    after: Callable[[str | None], None],
    pause: Callable[[float], object],
    *,
    stopping: Callable[[], bool],
    log: logging.Logger,
    name: str,
) -> None:
    """Open the port and hand it to ``own`` until stopped, with back-off between attempts.

    ``after`` hears why a turn ended, None when ``own`` returned by itself; ``pause`` ends early at a stop.
    """
    back_off_s = REOPEN_FIRST_S
    while not stopping():
        cause = None
        try:
            wire = open_wire()
            back_off_s = REOPEN_FIRST_S
            own(wire)
        except LinkDown as error:
            cause = str(error)
        except Exception:  # a bug here must not leave a silent thread: say it, begin anew, not too often
            log.exception("%s failed and begins anew", name)
            cause, back_off_s = BUG, REOPEN_MAX_S
        after(cause)
        pause(back_off_s)
        back_off_s = min(REOPEN_MAX_S, back_off_s * 2)
