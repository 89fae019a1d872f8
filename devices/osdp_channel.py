"""What libosdp sees of us and we of it: the byte channel and its control panel. Shell: the port."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from devices.errors import LinkDown
from devices.wire import Wire


class Panel(Protocol):
    """What is used of ``osdp_sys.ControlPanel``; ``pd`` counts the readers from 0."""

    def refresh(self) -> None: ...
    def sc_status(self) -> int: ...
    def enable_pd(self, pd: int) -> bool: ...
    def disable_pd(self, pd: int) -> bool: ...
    def is_pd_enabled(self, pd: int) -> bool: ...
    def submit_command(self, pd: int, command: dict[str, Any]) -> bool: ...
    def flush_commands(self, pd: int) -> int: ...
    def check_capability(self, pd: int, code: int) -> tuple[int, int]: ...
    def set_event_callback(self, callback: Callable[[int, dict[str, Any]], int]) -> None: ...
    def set_command_completion_callback(self, callback: Callable[[int, dict[str, Any], int], None]) -> None: ...


class Channel:
    """libosdp's way to the wire. Never raises: an exception inside native code would be lost there."""

    def __init__(self) -> None:
        self.id = 0
        self.wire: Wire | None = None
        self.inbox = bytearray()
        self.fault: LinkDown | None = None

    def read(self, size_max: int) -> bytes:
        """What has come, at most ``size_max`` bytes."""
        data = bytes(self.inbox[:size_max])
        del self.inbox[:size_max]
        return data

    def write(self, data: bytes) -> int:
        """Send; a lost port is remembered and the bytes are gone."""
        if self.wire is not None and self.fault is None:
            try:
                self.wire.write(data)
            except LinkDown as error:
                self.fault = error
        return len(data)

    def flush(self) -> None:
        """Throw away what has come."""
        self.inbox.clear()
