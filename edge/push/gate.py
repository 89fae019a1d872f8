"""The library behind a channel: one Apprise address, sent to in a blocking call. Shell: network, a secret file.

Apprise is an extra (``menwei[push]``) and is loaded only where a channel is configured. Its log lines may hold
addresses, which are secrets, so they go nowhere.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from config.errors import ConfigError
from config.read import read_secret


class ChannelUnusable(RuntimeError):
    """The channel cannot be used at all; the message is a word for the log, never the address."""


class Gate:
    """One address."""

    def __init__(self, url_file: Path) -> None:
        """Raises ChannelUnusable: no library, no secret, no such kind of address."""
        try:
            import apprise
        except ImportError as error:
            raise ChannelUnusable("no_apprise") from error
        except Exception as error:
            raise ChannelUnusable(f"apprise_{type(error).__name__}") from error
        logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
        logging.getLogger("urllib3").setLevel(logging.WARNING)  # its debug lines hold paths, and so tokens
        try:
            url = read_secret(url_file)
        except ConfigError as error:
            raise ChannelUnusable("secret_file") from error
        self._service: Any = apprise.Apprise()
        try:
            known = self._service.add(url)
        except Exception as error:  # noqa: BLE001 - a plug-in's own errors; their text may hold the address
            raise ChannelUnusable(f"apprise_{type(error).__name__}") from None
        if not known:
            raise ChannelUnusable("bad_address")

    def send(self, title: str, text: str) -> str:
        """Send one message; empty when it was taken, else one word. Blocks for the library's own timeouts."""
        try:
            return "" if self._service.notify(body=text, title=title) else "refused"
        except Exception as error:  # noqa: BLE001 - a plug-in's own errors; the type alone, its text may hold the address
            return type(error).__name__
