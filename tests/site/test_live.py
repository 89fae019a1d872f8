"""A real gateway shows a camera's live pictures to a guard's page, and only while it watches."""

from __future__ import annotations

import json
import struct
import time
from pathlib import Path

from websockets.sync.client import connect

from tests.site.gateway import PATIENCE_S, SITE, running
from tests.vision.clips import write_film


def test_a_guard_sees_a_camera_live(tmp_path: Path) -> None:
    film = write_film(tmp_path / "film.mp4", frames=30)
    camera = f'[cameras.yard]\nplace = "院子"\nsource = "{film}"\nduties = []\nloop_file = true\n'
    with running(tmp_path, SITE + camera) as gateway:
        url = gateway.url.replace("http", "ws", 1) + "v1/live"
        headers = {"Cookie": gateway.guard.headers["Cookie"], "Origin": gateway.url.rstrip("/")}
        with connect(url, additional_headers=headers, proxy=None, open_timeout=PATIENCE_S) as socket:
            socket.send(json.dumps({"watch": ["yard", "nowhere"]}))
            ages = []
            for _ in range(5):
                message = socket.recv(PATIENCE_S)
                assert isinstance(message, bytes)
                (length,) = struct.unpack_from(">H", message)
                header = json.loads(message[2 : 2 + length])
                assert header["camera"] == "yard"
                assert message[2 + length :].startswith(b"\xff\xd8")
                ages.append(header["age_s"])
                socket.send(json.dumps({"seen": header["number"]}))
            assert min(ages) >= 0
        time.sleep(0.5)
        assert gateway.state()["eyes"]["up"]
        assert not [kind for kind in gateway.kinds() if "live" in kind], "watching leaves no line in the log"
