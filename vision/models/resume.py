"""Core: whether an HTTP answer may be written behind what is already there, instead of it, or not at all.

RFC 9110: ranges (14), ``If-Range`` (13.1.5), ``Content-Range`` (14.4).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from vision.models.errors import PullError

_CONTENT_RANGE = re.compile(r"bytes (\d{1,18})-(\d{1,18})/(\d{1,18})")
_BUSY = frozenset({408, 425, 429, 500, 502, 503, 504})
_ETAG_CHARS_MAX = 256


@dataclass(frozen=True, slots=True)
class Partial:
    """What an earlier attempt left: its length, and the file's entity tag as the server gave it then."""

    size_bytes: int = 0
    etag: str = ""


class Action(StrEnum):
    """What to do with the body of an answer."""

    APPEND = "append"
    REPLACE = "replace"
    """From the first byte: there was nothing, or the server sends all."""
    DROP = "drop"
    """Throw away what is there and ask anew."""


def request_headers(partial: Partial) -> dict[str, str]:
    """Headers of the request that goes on where `partial` ends."""
    headers = {"Accept-Encoding": "identity", "User-Agent": "menwei"}
    if partial.size_bytes:
        headers["Range"] = f"bytes={partial.size_bytes}-"
        # A weak tag may not stand in If-Range; its answer is compared instead.
        if partial.etag and not partial.etag.startswith("W/"):
            headers["If-Range"] = partial.etag
    return headers


def judge(status: int, headers: Mapping[str, str], partial: Partial, size_bytes: int) -> Action:
    """What to do with an answer for a file of `size_bytes`; header names in lower case. Raises PullError."""
    if status in {200, 206} and headers.get("content-encoding", "identity") != "identity":
        raise PullError("服务器改动了内容（压缩）", "the server changed the content (compressed)")
    if status == 200:
        length = headers.get("content-length", "")
        if length.isascii() and length.isdecimal() and int(length) != size_bytes:
            raise wrong_size(size_bytes, length)
        return Action.REPLACE
    if status == 206 and partial.size_bytes:
        return _judge_part(headers, partial, size_bytes)
    if status == 416 and partial.size_bytes:
        return Action.DROP
    if status in _BUSY:
        raise PullError(f"服务器暂不可用（HTTP {status}）", f"the server is busy (HTTP {status})", retry=True)
    raise PullError(f"服务器拒绝（HTTP {status}）", f"the server refused (HTTP {status})")


def _judge_part(headers: Mapping[str, str], partial: Partial, size_bytes: int) -> Action:
    found = _CONTENT_RANGE.fullmatch(headers.get("content-range", ""))
    if found is None:
        return Action.DROP
    first, last, total = (int(number) for number in found.groups())
    if total != size_bytes:
        raise wrong_size(size_bytes, str(total))
    goes_on = first == partial.size_bytes and first <= last < total
    return Action.APPEND if goes_on and etag_of(headers) == partial.etag else Action.DROP


def etag_of(headers: Mapping[str, str]) -> str:
    """The entity tag; empty where there is none or an odd one."""
    etag = headers.get("etag", "").strip()
    return etag if len(etag) <= _ETAG_CHARS_MAX and etag.isascii() and etag.isprintable() else ""


def wrong_size(expected: int, found: str) -> PullError:
    """Another file lies at the address."""
    return PullError(
        f"不是约定的文件：应为 {expected} 字节，服务器给出 {found}",
        f"this is another file: {expected} bytes expected, the server has {found}",
    )
