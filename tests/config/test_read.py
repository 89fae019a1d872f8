"""Which files are refused and what is said then; secrets."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from config.errors import ConfigError, Problem
from config.load import load
from config.read import FILE_SIZE_MAX, SECRET_SIZE_MAX, read_secret


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "site.toml"
    path.write_text(text, encoding="utf-8")
    return path


def problems(path: Path) -> tuple[Problem, ...]:
    with pytest.raises(ConfigError) as caught:
        load(path, environ={})
    return caught.value.problems


@pytest.mark.parametrize(
    ("data", "place", "words"),
    [
        (b"a = 1\nb = '\xb1\xa6'\n", ":2:6", "byte 11 (0xb1) is not UTF-8"),
        (b"\xef\xbb\xbfversion = 1\n", ":1", "byte-order mark of UTF-8"),
        ("version = 1".encode("utf-16"), ":1", "byte-order mark of UTF-16"),
        ("version = 1".encode("utf-32"), ":1", "byte-order mark of UTF-32"),
        (b"a = 1\n\0", ":2", "NUL"),
        (b"#" * (FILE_SIZE_MAX + 1), "", "larger than"),
    ],
)
def test_a_file_that_is_not_plain_text_is_refused(tmp_path: Path, data: bytes, place: str, words: str) -> None:
    path = tmp_path / "site.toml"
    path.write_bytes(data)
    (problem,) = problems(path)
    assert problem.place == f"{path}{place}"
    assert words in problem.message_en
    assert problem.remedy


def test_the_largest_file_is_read(tmp_path: Path) -> None:
    assert load(written(tmp_path, "#" * FILE_SIZE_MAX), environ={}).site.web.port == 8080


def test_things_that_are_not_files_are_refused_at_once(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.toml"
    os.mkfifo(pipe)
    loop = tmp_path / "loop.toml"
    loop.symlink_to(loop)
    words = {
        tmp_path / "none.toml": "no such file",
        tmp_path: "directory",
        pipe: "not a regular file",
        Path("/dev/zero"): "not a regular file",
        loop: "cannot be read",
        Path("/proc/self/mem"): "cannot be read",
        Path("a\0b"): "cannot be read",
        tmp_path / ("x" * 300): "cannot be read",
        tmp_path / "site.toml" / "x": "no such file",
    }
    for path, expected in words.items():
        (problem,) = problems(path)
        assert expected in problem.message_en, path
        assert problem.remedy


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give up its rights in a child to be refused")
def test_a_file_without_permission_is_told(tmp_path: Path) -> None:
    path = written(tmp_path, "")
    path.chmod(0o600)
    child = (
        "import os, sys; from config.read import read_text; from pathlib import Path\n"
        "fd = os.open(sys.argv[1], os.O_PATH); os.fchdir(fd); os.setuid(65534)\n"
        "read_text(Path('site.toml'))"
    )
    done = subprocess.run(
        [sys.executable, "-c", child, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert done.returncode == 1
    assert "permission to read it is missing" in done.stderr


def secret(tmp_path: Path, data: bytes, mode: int = 0o600, name: str = "token") -> Path:
    path = tmp_path / name
    path.write_bytes(data)
    path.chmod(mode)
    return path


def test_a_secret_is_its_line_without_the_line_end(tmp_path: Path) -> None:
    assert read_secret(secret(tmp_path, b"hush hush\r\n"), environ={}) == "hush hush"


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620])
def test_a_secret_that_others_may_read_is_refused_with_the_remedy(tmp_path: Path, mode: int) -> None:
    path = secret(tmp_path, b"hush", mode)
    with pytest.raises(ConfigError) as caught:
        read_secret(path, environ={})
    (problem,) = caught.value.problems
    assert f"chmod 600 {path}" in problem.remedy_zh
    assert f"chmod 600 {path}" in problem.remedy_en
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize("data", [b"", b"\n", b"two\nlines\n", b"\xff\xfe", b"x" * (SECRET_SIZE_MAX + 1), b"a\0b"])
def test_a_secret_is_one_line_of_bounded_text(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(ConfigError):
        read_secret(secret(tmp_path, data), environ={})


def test_a_bare_name_is_sought_among_the_credentials_of_the_service(tmp_path: Path) -> None:
    secret(tmp_path, b"from-systemd\n", 0o440)  # systemd's mode when it grants by ACL
    environ = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    assert read_secret(Path("token"), environ=environ) == "from-systemd"
    site_dir = tmp_path / "etc"
    site_dir.mkdir()
    path = written(site_dir, "[sync]\ntoken_file = 'token'\n")
    found = load(path, environ=environ).site.sync.token_file
    assert found == tmp_path / "token"
    assert read_secret(found, environ=environ) == "from-systemd"
    assert load(path, environ={}).site.sync.token_file == site_dir / "token"


def test_credentials_that_everybody_may_read_are_refused(tmp_path: Path) -> None:
    secret(tmp_path, b"x", 0o444)
    with pytest.raises(ConfigError):
        read_secret(Path("token"), environ={"CREDENTIALS_DIRECTORY": str(tmp_path)})
