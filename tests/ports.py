"""Ports for tests that must know one before anything listens on it, or that give one up and take it again."""

from __future__ import annotations

import itertools
import os
import random
import socket

FIRST, LAST = 20_000, 32_000
"""Below what systems give away by themselves (from 32,768 on Linux, from 49,152 elsewhere): nobody who asks for any
port, and no outgoing connection, gets one of these between the choice and the listening."""
_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw") or 0)
_WIDTH = 750
_OFFSETS = itertools.count(random.SystemRandom().randrange(_WIDTH))


def free_port() -> int:
    """A port of the loopback address on which nothing listens; no other test of this run is given it."""
    begin = FIRST + _WORKER * _WIDTH % (LAST - FIRST)
    for _ in range(_WIDTH):
        port = begin + next(_OFFSETS) % _WIDTH
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError(f"no free port from {begin} to {begin + _WIDTH}")
