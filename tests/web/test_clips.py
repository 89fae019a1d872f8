"""Clips are served to guards as what they are, whole or by a range, and nothing else is served as a clip."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.users.auth import Role
from edge.web.clips import asked
from sync.event import Attachment, EventDraft
from tests.web.rig import Web

FILM = b"\x00\x00\x00\x18ftypmp42" + bytes(range(256)) * 8


async def stored(web: Web, data: bytes, mime: str) -> str:
    part = Attachment("clip", mime, data)
    draft = EventDraft(kind="clip.kept", source="camera:x", body={}, wall_us=1, mono_ns=1, attachments=(part,))
    await asyncio.wrap_future(web.gateway.store.append([draft]))
    return part.sha256


@pytest.mark.parametrize(
    ("data", "mime", "shown"),
    [(FILM, "video/mp4", "inline"), (b"PK\x03\x04 pictures", "application/zip", "attachment")],
)
async def test_a_clip_comes_whole_with_its_type(web: Web, data: bytes, mime: str, shown: str) -> None:
    sha256 = await stored(web, data, mime)
    client = await web.logged_in(Role.GUARD)
    reply = await client.get(f"/v1/clips/{sha256}")
    assert (reply.status_code, reply.content, reply.headers["content-type"]) == (200, data, mime)
    assert reply.headers["content-disposition"].startswith(shown)


@pytest.mark.parametrize(
    ("span", "status", "first", "last"),
    [
        ("bytes=0-99", 206, 0, 100),
        ("bytes=100-", 206, 100, None),
        ("bytes=-50", 206, -50, None),
        ("bytes=2000-999999", 206, 2000, None),
        ("bytes=999999-", 416, 0, 0),
        ("bytes=-0", 416, 0, 0),
        ("bytes=1-2,5-6", 200, 0, None),
        ("furlongs=1-2", 200, 0, None),
    ],
)
async def test_a_browser_may_jump_in_it(web: Web, span: str, status: int, first: int, last: int | None) -> None:
    sha256 = await stored(web, FILM, "video/mp4")
    client = await web.logged_in(Role.GUARD)
    reply = await client.get(f"/v1/clips/{sha256}", headers={"Range": span})
    assert (reply.status_code, reply.content) == (status, FILM[first:last])


async def test_a_picture_a_missing_hash_and_a_stranger_get_nothing(web: Web) -> None:
    sha256 = await stored(web, b"\xff\xd8\xff picture", "image/jpeg")
    client = await web.logged_in(Role.GUARD)
    assert (await client.get(f"/v1/clips/{sha256}")).status_code == 404
    assert (await client.get(f"/v1/clips/{'0' * 64}")).status_code == 404
    assert (await web.client().get(f"/v1/clips/{sha256}")).status_code == 401


@given(st.text(max_size=40), st.integers(0, 2**40))
def test_no_header_is_too_odd(header: str, size: int) -> None:
    span = asked(header, size)
    assert span is None or span[1] < size
