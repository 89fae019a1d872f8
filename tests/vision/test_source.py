"""What `open_source` does with files, folders, HTTP cameras, and everything that is none."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest

from tests.vision.cameras import mjpeg, say_garbage, say_nothing, tcp_server
from tests.vision.clips import jpeg, street, write_film
from vision.errors import Ended, Garbage, SourceError, Stalled, Unreachable, mask_credentials
from vision.source import Source, open_source, read


def opened(text: object, *, loop_file: bool = False, timeout_s: float = 1.5) -> Source:
    return open_source(
        str(text),
        open_timeout_s=timeout_s,
        read_timeout_s=timeout_s,
        loop_file=loop_file,
        pause=lambda _s: None,
    )


def all_pictures(source: Source, at_most: int = 100) -> int:
    count = 0
    while count < at_most:
        try:
            image = read(source)
        except Ended:
            return count
        assert image.dtype == np.uint8
        assert image.shape == (240, 320, 3)
        count += 1
    return count


@pytest.mark.parametrize(("codec", "suffix"), [("libx264", "mp4"), ("mjpeg", "avi"), ("mpeg4", "mkv")])
def test_a_film_is_read_to_its_end(tmp_path: Path, codec: str, suffix: str) -> None:
    film = write_film(tmp_path / f"film.{suffix}", frames=12, codec=codec)
    source = opened(film)
    assert not source.live
    assert all_pictures(source) == 12
    source.close()


def test_a_looped_film_begins_again(tmp_path: Path) -> None:
    source = opened(write_film(tmp_path / "film.mp4", frames=5), loop_file=True)
    assert all_pictures(source, at_most=23) == 23
    source.close()


def test_a_film_is_played_at_its_own_pace(tmp_path: Path) -> None:
    source = open_source(str(write_film(tmp_path / "film.mp4", frames=10, fps=10)), open_timeout_s=5, read_timeout_s=5)
    started_s = time.monotonic()
    all_pictures(source)
    assert time.monotonic() - started_s >= 0.85
    source.close()


def test_a_folder_is_shown_in_order_and_skips_what_is_no_picture(tmp_path: Path) -> None:
    for number, grey in enumerate((10, 120, 240)):
        (tmp_path / f"{number}.png.jpg").write_bytes(jpeg(np.full((240, 320, 3), grey, np.uint8)))
    (tmp_path / "0a.jpg").write_bytes(b"\xff\xd8 not a picture")
    (tmp_path / "notes.txt").write_text("not a picture either")
    source = opened(tmp_path)
    assert [round(float(read(source).mean())) for _ in range(3)] == [10, 120, 240]
    with pytest.raises(Ended):
        read(source)


@pytest.mark.parametrize("loop", [False, True])
def test_a_folder_of_broken_pictures_is_garbage(tmp_path: Path, loop: bool) -> None:
    (tmp_path / "a.jpg").write_bytes(b"no")
    with pytest.raises(Garbage):
        read(opened(tmp_path, loop_file=loop))


@pytest.mark.parametrize(
    ("width", "height"), [(48, 48), (62, 240), (320, 46)], ids=["heap corruption seen here", "narrow", "low"]
)
def test_tiny_films_never_reach_the_decoder(tmp_path: Path, width: int, height: int) -> None:
    film = write_film(tmp_path / "tiny.avi", 3, picture=lambda n: street(n, width, height), codec="mjpeg")
    with pytest.raises(Garbage, match=f"{width}x{height}"):
        opened(film)


def test_pictures_over_the_limits_are_skipped(tmp_path: Path) -> None:
    (tmp_path / "small.png").write_bytes(jpeg(np.zeros((40, 40, 3), np.uint8)))
    (tmp_path / "wide.jpg").write_bytes(jpeg(np.zeros((60, 5000, 3), np.uint8)))
    with pytest.raises(Garbage):
        read(opened(tmp_path))


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("/nowhere/film.mp4", Unreachable),
        ("ftp://user:secret@camera/film", Unreachable),
        ("rtsp://user:secret@127.0.0.1:9/live", Unreachable),
        ("http://user:secret@127.0.0.1:9/video?password=secret", Unreachable),
        ("rtsp://guard:secret@no-such-host.invalid/live", Unreachable),
        ("rtsp://guard:secret@/live", Unreachable),
        ("rtsp://guard:secret@host:port/live", Unreachable),
        ("rtsp://guard:secret@[::1/live", Unreachable),
        ("77", Unreachable),
    ],
)
def test_what_is_not_there_is_unreachable_and_no_password_is_told(text: str, error: type[SourceError]) -> None:
    with pytest.raises(error) as caught:
        opened(text)
    assert "secret" not in str(caught.value)
    assert caught.value.zh
    assert caught.value.en


def test_a_file_that_is_no_film_is_garbage(tmp_path: Path) -> None:
    (tmp_path / "film.mp4").write_bytes(bytes(range(256)) * 40)
    with pytest.raises(Garbage):
        opened(tmp_path / "film.mp4")


@pytest.mark.parametrize("scheme", ["rtsp", "http"])
def test_a_server_that_says_nothing_is_stalled_within_the_time_out(scheme: str) -> None:
    with tcp_server(say_nothing) as port:
        started_s = time.monotonic()
        with pytest.raises(Stalled):
            opened(f"{scheme}://user:secret@127.0.0.1:{port}/live")
        assert time.monotonic() - started_s < 20  # FFmpeg's own patience is 30 s


@pytest.mark.parametrize("scheme", ["rtsp", "http"])
def test_a_server_that_talks_nonsense_is_garbage(scheme: str) -> None:
    with tcp_server(say_garbage) as port, pytest.raises(Garbage):
        opened(f"{scheme}://user:secret@127.0.0.1:{port}/live")


@pytest.mark.parametrize(("status", "word"), [("401 Unauthorized", "log-in"), ("404 Not Found", "path")])
def test_a_refusal_names_its_remedy(status: str, word: str) -> None:
    def refuse(peer: object) -> None:
        peer.recv(4096)  # type: ignore[attr-defined]
        peer.sendall(f"HTTP/1.0 {status}\r\nContent-Length: 0\r\n\r\n".encode())  # type: ignore[attr-defined]

    with tcp_server(refuse) as port, pytest.raises(Unreachable, match=word):
        opened(f"http://127.0.0.1:{port}/live")


def test_an_http_camera_is_read_and_its_silence_is_a_stall() -> None:
    with tcp_server(mjpeg(lambda number: jpeg(street(number)), count=30)) as port:
        source = opened(f"http://127.0.0.1:{port}/video")
        assert source.live
        with pytest.raises(Stalled):
            for _ in range(31):
                assert read(source).shape == (240, 320, 3)
        source.close()


def test_the_log_in_is_used_and_its_lack_is_named() -> None:
    with tcp_server(mjpeg(lambda number: jpeg(street(number)), log_in="guard:geheim")) as port:
        source = opened(f"http://guard:geheim@127.0.0.1:{port}/video", timeout_s=10)
        assert read(source).shape == (240, 320, 3)
        source.close()
        with pytest.raises(Unreachable, match="log-in") as caught:
            opened(f"http://guard:verkehrt@127.0.0.1:{port}/video", timeout_s=10)
    assert "verkehrt" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("rtsp://user:pass@host/x", "rtsp://***@host/x"),
        ("see rtsp://u:p@ss@host/x and http://a:b@c", "see rtsp://***@host/x and http://***@c"),
        ("rtsp://host/user=admin&password=geheim&channel=1", "rtsp://host/user=admin&password=***&channel=1"),
        ("http://host/x?Token=abc", "http://host/x?Token=***"),
        ("plain text with a@b", "plain text with a@b"),
    ],
)
def test_credentials_are_masked(text: str, masked: str) -> None:
    assert mask_credentials(text) == masked
