"""Shell: fetch a model from where it lies, going on where an earlier attempt ended, and lay it into the folder.

Only whole files whose SHA-256 is the manifest's leave the folder of partial ones. Proxies come from the environment.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from vision.errors import mask_credentials
from vision.models.errors import ModelError, PullError
from vision.models.http_get import answer, read_some
from vision.models.manifest import ModelSpec, fill
from vision.models.nets import convert
from vision.models.resume import Action, Partial, etag_of, judge, request_headers, wrong_size
from vision.models.store import Presence, put, status

PARTIAL_DIR = ".partial"
CHUNK_BYTES = 64 * 1024
_META_BYTES_MAX = 4096
Progress = Callable[[int, int], None]
"""Called with the bytes that are there and the bytes that there will be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """When to wait, and when to give up."""

    timeout_s: float = 30.0
    """Silence after which an attempt ends."""
    slow_bytes_s: float = 512.0
    """Slower than this over `slow_within_s` ends an attempt: a trickle never falls silent."""
    slow_within_s: float = 60.0
    attempts: int = 5
    """In a row that brought less than a chunk each."""
    wait_s: float = 1.0
    """Before the second attempt; doubled before each further one, at most 30 s."""


def quiet(done_bytes: int, size_bytes: int) -> None:
    """Progress for nobody."""


def patient(error: PullError) -> None:
    """Another attempt follows, and nobody is told."""


def pull(
    spec: ModelSpec,
    models_dir: Path,
    *,
    mirror: str = "",
    progress: Progress = quiet,
    again: Callable[[PullError], None] = patient,
    limits: Limits | None = None,
) -> Path:
    """Fetch one model, converted where upstream has weights only; the path of its file.

    `again` is told why an attempt ended when another follows. A file that is there and right is left alone.
    Raises PullError, StateError, ConvertError or ModelError.
    """
    if status(models_dir, spec).presence is Presence.READY:
        return models_dir / spec.file
    url = address(spec, mirror)
    try:
        with _partial_file(models_dir, spec) as part:
            data = _fetch(_Asked(url, spec, part, progress, again, limits or Limits()))
            path = put(models_dir, spec, data if spec.convert is None else convert(spec.convert.net, data))
            part.unlink()
            _meta(part).unlink(missing_ok=True)
    except PullError as error:
        raise _told(error, spec, url) from error
    except OSError as error:
        raise ModelError(
            f"无法写入 {models_dir}：{error.strerror}；请检查磁盘空间和目录权限",
            f"cannot write into {models_dir}: {error.strerror}; look at the disk's space and the folder's permissions",
        ) from error
    return path


def address(spec: ModelSpec, mirror: str = "") -> str:
    """Where to ask: upstream, or the mirror.

    A mirror with ``{…}`` is a template (see `manifest.fill`), without it a prefix of ``repository/commit/path``.
    """
    if not spec.source:
        raise PullError(
            f"模型 {spec.name} 没有下载地址，请用 menwei models import 导入",
            f"model {spec.name} has no address; run menwei models import",
        )
    if not mirror:
        return spec.url
    if not mirror.startswith(("https://", "http://")) or not mirror.isascii():
        raise PullError(
            f"镜像地址 {mask_credentials(mirror)!r} 应以 https:// 开头",
            f"the mirror {mask_credentials(mirror)!r} must begin with https://",
        )
    return fill(mirror if "{" in mirror else f"{mirror.rstrip('/')}/{{repository}}/{{commit}}/{{path}}", spec)


@dataclass(frozen=True, slots=True)
class _Asked:
    """One file, where it comes from and where it goes."""

    url: str
    spec: ModelSpec
    part: Path
    progress: Progress
    again: Callable[[PullError], None]
    limits: Limits


def _fetch(asked: _Asked) -> bytes:
    """Attempt after attempt until the file is whole and right; ends, however odd the server is."""
    spec, part = asked.spec, asked.part
    fruitless, most, resumed_wrong = 0, 0, False
    while True:
        begun = _partial(part, spec)
        most = max(most, begun.size_bytes)
        try:
            if begun.size_bytes < spec.size_bytes:
                _attempt(asked, begun)
        except PullError as error:
            # Only bytes that no attempt had brought before count as progress: a server may also go back.
            fruitless = 0 if _partial(part, spec).size_bytes - most >= CHUNK_BYTES else fruitless + 1
            if not error.retry or fruitless >= asked.limits.attempts:
                raise
            asked.again(error)
            time.sleep(min(asked.limits.wait_s * 2 ** max(fruitless - 1, 0), 30.0))
            continue
        data = part.read_bytes()
        found = hashlib.sha256(data).hexdigest()
        if found == spec.sha256:
            return data
        part.unlink()
        if resumed_wrong or not begun.size_bytes:
            raise PullError(
                f"校验不符：SHA-256 应为 {spec.sha256}，收到的是 {found}，已丢弃",
                f"wrong hash: SHA-256 should be {spec.sha256}, what came has {found}; it was thrown away",
            )
        # Its first part came from an earlier attempt, and may be what is wrong.
        resumed_wrong, most = True, 0


def _attempt(asked: _Asked, begun: Partial) -> None:
    """One request; what it brings is kept for the next one. Raises PullError."""
    with answer(asked.url, request_headers(begun), asked.limits.timeout_s) as (code, headers, body):
        action = judge(code, headers, begun, asked.spec.size_bytes)
        if action is Action.DROP:
            asked.part.unlink()
            raise PullError("服务器上的文件已变，重新下载", "the server's file has changed; starting anew", retry=True)
        if action is Action.REPLACE:
            _write_meta(asked.part, etag_of(headers))
        with asked.part.open("ab" if action is Action.APPEND else "wb") as out:
            _copy(body, out, asked.spec.size_bytes, asked.progress, asked.limits)


def _copy(body: Any, out: IO[bytes], size_bytes: int, progress: Progress, limits: Limits) -> None:
    """The body into the file, never more than the file may have, never slower than allowed. Raises PullError."""
    done = out.tell()
    window_s, window_done = time.monotonic(), done
    while chunk := read_some(body, CHUNK_BYTES):
        if done + len(chunk) > size_bytes:
            raise wrong_size(size_bytes, f"> {size_bytes}")
        out.write(chunk)
        done += len(chunk)
        progress(done, size_bytes)
        passed_s = time.monotonic() - window_s
        if passed_s >= limits.slow_within_s:
            if done - window_done < limits.slow_bytes_s * passed_s:
                raise PullError("下载过慢", "the download is too slow", retry=True)
            window_s, window_done = time.monotonic(), done
    if done < size_bytes:
        raise PullError(
            f"连接中断，已收到 {done}/{size_bytes} 字节", f"cut off at {done} of {size_bytes} bytes", retry=True
        )


def _told(error: PullError, spec: ModelSpec, url: str) -> PullError:
    """The error with the place and the remedy."""
    where = mask_credentials(url)
    return PullError(
        f"无法获取模型 {spec.name}（{where}）：{error.zh}；可设 models.mirror 或 --mirror，"
        "或在他处运行 menwei models bundle 后导入",
        f"cannot get model {spec.name} ({where}): {error.en}; set models.mirror or --mirror, "
        "or take a bundle (menwei models bundle) from another machine and import it",
        retry=error.retry,
    )


@contextmanager
def _partial_file(models_dir: Path, spec: ModelSpec) -> Iterator[Path]:
    """The partial file of one model; one process at a time fetches into a folder."""
    folder = models_dir / PARTIAL_DIR
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / spec.sha256
    lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ModelError(
                f"另一个进程正在向 {models_dir} 下载模型，请稍候",
                f"another process is fetching models into {models_dir}; wait for it",
            ) from error
        yield part
    finally:
        os.close(lock)


def _partial(part: Path, spec: ModelSpec) -> Partial:
    """What is there to go on from; too much is nothing."""
    try:
        size = part.stat().st_size
    except FileNotFoundError:
        return Partial()
    if not 0 < size <= spec.size_bytes:
        part.unlink()
        return Partial()
    try:
        with _meta(part).open("rb") as file:
            meta = json.loads(file.read(_META_BYTES_MAX))
        etag = meta["etag"]
    except (OSError, ValueError, KeyError, TypeError):
        etag = ""
    return Partial(size, etag if isinstance(etag, str) else "")


def _write_meta(part: Path, etag: str) -> None:
    _meta(part).write_text(json.dumps({"etag": etag}), encoding="utf-8")


def _meta(part: Path) -> Path:
    return part.with_name(f"{part.name}.json")
