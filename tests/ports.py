"""Ports for tests that must know one before anything listens on it."""

from __future__ import annotations

import socket


def free_port() -> int:
    """A port of the loopback address on which nothing listens at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
