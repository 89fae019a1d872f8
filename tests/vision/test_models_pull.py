"""Fetching models from a local server, and from ones that misbehave: only whole, right files arrive."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.vision import model_server as server
from tests.vision.model_server import Behaviour, FileServer, serving
from tests.vision.model_specs import CONTENT, NO_SHARED, SHARED, made_up, sha256
from vision.models.errors import ModelDamaged, ModelError, ModelMissing, PullError
from vision.models.pull import PARTIAL_DIR, Limits, address, pull
from vision.models.store import model_path, shipped

SPEC = made_up()
FAST = Limits(timeout_s=20.0, wait_s=0.0, attempts=3)


@pytest.fixture
def served() -> Iterator[FileServer]:
    with serving({"*": CONTENT}) as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "models"


def left(folder: Path) -> list[str]:
    """What lies in the folder besides the lock."""
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file() and p.name != "lock")


def fetch(served: FileServer, folder: Path, limits: Limits = FAST) -> Path:
    return pull(SPEC, folder, mirror=served.url, limits=limits)


def test_a_model_arrives_whole_with_its_progress(served: FileServer, folder: Path) -> None:
    seen: list[tuple[int, int]] = []
    path = pull(SPEC, folder, mirror=served.url, progress=lambda done, of: seen.append((done, of)), limits=FAST)
    assert path.read_bytes() == CONTENT
    assert left(folder) == ["made-up.onnx"]
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert served.asked == [(f"/owner/repo/{'0' * 40}/weights/model.bin", "", "")]


def test_a_model_that_is_there_is_not_asked_for(served: FileServer, folder: Path) -> None:
    fetch(served, folder)
    assert fetch(served, folder).read_bytes() == CONTENT
    assert len(served.asked) == 1


def test_a_damaged_model_is_fetched_anew(served: FileServer, folder: Path) -> None:
    fetch(served, folder).write_bytes(b"damaged")
    assert fetch(served, folder).read_bytes() == CONTENT


def test_a_cut_transfer_goes_on_where_it_ended(served: FileServer, folder: Path) -> None:
    served.script = [server.cut(100_000), server.cut(100_000)]
    told: list[str] = []
    path = pull(SPEC, folder, mirror=served.url, again=lambda error: told.append(error.en), limits=FAST)
    assert path.read_bytes() == CONTENT
    assert served.ranges == ["", "bytes=100000-", "bytes=200000-"]
    assert [tag for _, _, tag in served.asked] == ["", '"v1"', '"v1"']
    assert told == [f"cut off at {n} of {len(CONTENT)} bytes" for n in (100_000, 200_000)]


def test_a_later_call_goes_on_too(served: FileServer, folder: Path) -> None:
    served.always = server.cut(1000)
    with pytest.raises(PullError, match="cut off") as caught:
        fetch(served, folder)
    assert caught.value.retry
    assert left(folder) == [f"{PARTIAL_DIR}/{SPEC.sha256}", f"{PARTIAL_DIR}/{SPEC.sha256}.json"]
    served.always = None
    assert fetch(served, folder).read_bytes() == CONTENT
    assert served.ranges == ["", "bytes=1000-", "bytes=2000-", "bytes=3000-"]


def test_attempts_that_bring_something_do_not_count_against_those_allowed(served: FileServer, folder: Path) -> None:
    served.script = [server.cut(70_000)] * 4
    assert fetch(served, folder, Limits(wait_s=0.0, attempts=1)).read_bytes() == CONTENT


def test_a_part_of_another_version_is_thrown_away(served: FileServer, folder: Path) -> None:
    """If-Range makes a server send all of a changed file."""
    served.script = [server.cut(100_000)]
    with pytest.raises(PullError):
        fetch(served, folder, Limits(wait_s=0.0, attempts=0))
    served.etag = '"v2"'
    (folder / PARTIAL_DIR / SPEC.sha256).write_bytes(b"of another version" * 1000)
    assert fetch(served, folder).read_bytes() == CONTENT
    assert served.asked[-1][2] == '"v1"'


@pytest.mark.parametrize(
    "second",
    [
        server.part(f"bytes 100000-{len(CONTENT) - 1}/{len(CONTENT)}", CONTENT[100_000:], '"v2"'),
        server.part(f"bytes 0-{len(CONTENT) - 1}/{len(CONTENT)}", CONTENT),
        server.part(f"bytes 100000-{len(CONTENT) - 1}/*", CONTENT[100_000:]),
        server.status(416),
        server.no_ranges,
    ],
    ids=["another tag", "another range", "no total", "416", "no ranges"],
)
def test_servers_that_do_not_go_on_properly_are_asked_from_the_start(
    served: FileServer, folder: Path, second: Behaviour
) -> None:
    served.script = [server.cut(100_000), second]
    assert fetch(served, folder).read_bytes() == CONTENT


def test_a_wrong_first_part_is_found_and_all_is_fetched_once_more(served: FileServer, folder: Path) -> None:
    served.script = [server.cut(100_000)]
    with pytest.raises(PullError):
        fetch(served, folder, Limits(wait_s=0.0, attempts=0))
    (folder / PARTIAL_DIR / SPEC.sha256).write_bytes(bytes(100_000))
    assert fetch(served, folder).read_bytes() == CONTENT
    assert served.ranges == ["", "bytes=100000-", ""]


def test_wrong_bytes_are_refused_naming_both_hashes_and_nothing_stays(served: FileServer, folder: Path) -> None:
    wrong = bytes(len(CONTENT))
    served.always = server.instead(wrong)
    with pytest.raises(PullError) as caught:
        fetch(served, folder)
    for said in (caught.value.zh, caught.value.en):
        assert SPEC.sha256 in said
        assert sha256(wrong) in said
    assert not caught.value.retry
    assert len(served.asked) == 1
    assert [name for name in left(folder) if not name.endswith(".json")] == []


def test_a_server_that_cuts_and_serves_wrong_bytes_is_left_in_the_end(served: FileServer, folder: Path) -> None:
    served.files["*"] = bytes(len(CONTENT))
    served.always = server.cut(100_000)
    with pytest.raises(PullError, match="wrong hash"):
        fetch(served, folder)
    assert len(served.asked) < 10


@pytest.mark.parametrize("count", [30_000, 100_000])
def test_a_server_without_ranges_that_always_cuts_is_left_in_the_end(
    served: FileServer, folder: Path, count: int
) -> None:
    served.always = server.cut_no_ranges(count)
    with pytest.raises(PullError, match="cut off"):
        fetch(served, folder)
    assert len(served.asked) <= 1 + FAST.attempts


@pytest.mark.parametrize(
    ("behaviour", "says", "requests"),
    [
        (server.status(404), "HTTP 404", 1),
        (server.status(403), "HTTP 403", 1),
        (server.status(503), "HTTP 503", 3),
        (server.instead(CONTENT + b"x"), f"{len(CONTENT)} bytes expected, the server has {len(CONTENT) + 1}", 1),
        (server.instead(b"version https://git-lfs.github.com/spec/v1"), "the server has 42", 1),
        (server.endless, "bytes expected", 1),
        (server.instead(CONTENT, Content_Encoding="gzip"), "compressed", 1),
        (server.hang_up, "network", 3),
        (server.status(302, Location="file:///etc/passwd"), "HTTP 302|not safe", 1),
        (server.status(302, Location="ftp://127.0.0.1/x"), "HTTP 302|not safe", 1),
        (server.status(302, Location="/again"), "HTTP 302", 5),
        (server.status(302), "HTTP 302", 1),
    ],
)
def test_servers_that_misbehave(
    served: FileServer, folder: Path, behaviour: Behaviour, says: str, requests: int
) -> None:
    served.always = behaviour
    with pytest.raises(PullError, match=says) as caught:
        fetch(served, folder)
    assert len(served.asked) == requests
    assert "menwei models bundle" in caught.value.zh
    assert served.url in caught.value.en
    with pytest.raises(ModelMissing):
        model_path(folder, "yunet-n")
    assert not (folder / SPEC.file).exists()


def test_a_file_without_a_length_arrives(served: FileServer, folder: Path) -> None:
    served.script = [server.without_length]
    assert fetch(served, folder).read_bytes() == CONTENT


def test_a_busy_server_is_asked_again(served: FileServer, folder: Path) -> None:
    served.script = [server.status(503), server.hang_up]
    assert fetch(served, folder).read_bytes() == CONTENT


def test_silence_ends_an_attempt(served: FileServer, folder: Path) -> None:
    served.script = [server.silent]
    assert fetch(served, folder, Limits(timeout_s=0.3, wait_s=0.0)).read_bytes() == CONTENT


def test_a_trickle_ends_an_attempt(served: FileServer, folder: Path) -> None:
    served.always = server.trickle
    limits = Limits(timeout_s=20.0, wait_s=0.0, attempts=1, slow_bytes_s=1e6, slow_within_s=0.3)
    with pytest.raises(PullError, match="too slow"):
        fetch(served, folder, limits)


def test_a_redirect_is_followed_with_its_range(served: FileServer, folder: Path) -> None:
    served.script = [server.status(302, Location="/there"), server.cut(100_000), server.status(307, Location="/there")]
    assert fetch(served, folder).read_bytes() == CONTENT
    assert [path.rpartition("/")[2] for path, _, _ in served.asked] == ["model.bin", "there", "model.bin", "there"]
    assert served.ranges[2:] == ["bytes=100000-"] * 2


def test_a_mirror_that_is_not_there(folder: Path) -> None:
    with serving({}) as gone:
        url = gone.url
    with pytest.raises(PullError, match="network") as caught:
        pull(SPEC, folder, mirror=url, limits=FAST)
    assert caught.value.retry


@pytest.mark.parametrize("mirror", ["ftp://example.org", "/srv/models", "file:///srv", "https://例.example"])
def test_a_mirror_that_is_none(folder: Path, mirror: str) -> None:
    with pytest.raises(PullError, match="must begin with https"):
        pull(SPEC, folder, mirror=mirror)


def test_a_password_in_an_address_is_not_shown(folder: Path) -> None:
    with pytest.raises(PullError) as caught:
        pull(SPEC, folder, mirror="http://user:geheim@127.0.0.1:1", limits=Limits(wait_s=0.0, attempts=1))
    assert "geheim" not in str(caught.value)


def test_addresses() -> None:
    assert address(SPEC) == SPEC.url
    assert address(SPEC, "https://m.example/") == f"https://m.example/owner/repo/{SPEC.commit}/{SPEC.path}"
    assert address(SPEC, "https://m.example/{url}") == f"https://m.example/{SPEC.url}"


def test_proxies_of_the_environment_are_used(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The proxy is asked for the whole address of a host that does not exist."""
    with serving({f"http://nowhere.invalid/owner/repo/{SPEC.commit}/{SPEC.path}": CONTENT}) as proxy:
        monkeypatch.setenv("http_proxy", proxy.url)
        monkeypatch.delenv("no_proxy", raising=False)
        assert pull(SPEC, folder, mirror="http://nowhere.invalid", limits=FAST).read_bytes() == CONTENT


def test_two_processes_do_not_fetch_into_one_folder(served: FileServer, folder: Path) -> None:
    (folder / PARTIAL_DIR).mkdir(parents=True)
    other = os.open(folder / PARTIAL_DIR / "lock", os.O_RDWR | os.O_CREAT)
    try:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(ModelError, match="another process"):
            fetch(served, folder)
    finally:
        os.close(other)
    assert served.asked == []
    assert fetch(served, folder).read_bytes() == CONTENT


def test_a_folder_that_cannot_be_written(served: FileServer, tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file", encoding="utf-8")
    with pytest.raises(ModelError, match="cannot write into"):
        fetch(served, tmp_path / "models")


def test_what_converts_to_something_else_than_agreed_is_refused(folder: Path) -> None:
    """Upstream's file is right, the manifest's result is not: nothing is laid down."""
    if not SHARED.exists():
        pytest.skip(NO_SHARED)
    spec = shipped()["minifasnet-v2"]
    assert spec.convert is not None
    with serving({"*": _upstream("minivision-ai+Silent-Face-Anti-Spoofing/2.7_80x80_MiniFASNetV2.pth")}) as served:
        wrong = made_up(
            served.files["*"], convert=type(spec.convert)(net="minifasnet-v2", sha256="0" * 64, size_bytes=1)
        )
        with pytest.raises(ModelDamaged):
            pull(wrong, folder, mirror=served.url, limits=FAST)
    assert not (folder / wrong.file).exists()


def _upstream(name: str) -> bytes:
    return (SHARED / "upstream" / name).read_bytes()


@pytest.mark.skipif(not SHARED.exists(), reason=NO_SHARED)
@pytest.mark.parametrize("name", ["yunet-n", "mobilefacenet-foamliu", "minifasnet-v2", "minifasnet-v1se"])
def test_what_upstream_has_becomes_what_the_manifest_names(folder: Path, name: str) -> None:
    """Cut twice on the way; through a mirror whose layout a template describes."""
    spec = shipped()[name]
    owner, repo = spec.source.split("/")[3:]
    file = f"{owner}+{repo}/{Path(spec.path).name}"
    with serving({f"/{file}": _upstream(file)}, script=[server.cut(100_000), server.cut(150_000)]) as served:
        path = pull(spec, folder, mirror=f"{served.url}/{{owner}}+{{repo}}/{{filename}}", limits=FAST)
        assert len(served.asked) == 3
    assert sha256(path.read_bytes()) == spec.ready[0].sha256
    assert model_path(folder, name) == path
    assert left(folder) == [spec.file]


def test_nothing_touches_the_network_when_it_is_imported() -> None:
    program = (
        "import socket, sys\n"
        "def refused(*a, **k): raise SystemExit('a socket was made')\n"
        "socket.socket.connect = refused; socket.getaddrinfo = refused\n"
        "import vision.models.pull, vision.models.bring, vision.models.bundle, edge.cli.models\n"
        "from vision.models.store import shipped; shipped()\n"
        "print(sorted({'numpy', 'onnx', 'torch', 'onnxruntime'} & set(sys.modules)))"
    )
    root = Path(__file__).resolve().parents[2]
    out = subprocess.run([sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
