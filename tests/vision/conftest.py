"""What the tests of cameras share."""

from collections.abc import Callable, Iterator

import pytest

from tests.vision.cameras import RtspServer, Serve


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Starts RTSP servers that end with the test."""
    servers: list[RtspServer] = []

    def start(make: Callable[..., RtspServer], *arguments: object) -> RtspServer:
        servers.append(make(*arguments))
        return servers[-1]

    yield start
    for server in servers:
        server.kill()
