"""Falls and blocked lanes on the page: the card says where and when, shows the path and plays the clip."""

from __future__ import annotations

import io

import av
import numpy as np
import pytest
from playwright.async_api import expect

from sync.event import Attachment, EventDraft
from tests.web.desk import NEEDS, Desk
from tests.web.pictures import car_jpeg

pytestmark = NEEDS


def film() -> bytes:
    """A second of H.264 in MP4."""
    out = io.BytesIO()
    with av.open(out, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        for number in range(10):
            image = np.full((240, 320, 3), number * 20, np.uint8)
            for packet in stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    return out.getvalue()


def stored(desk: Desk, *parts: Attachment) -> list[dict[str, str]]:
    draft = EventDraft(kind="clip.kept", source="camera:tower", body={}, wall_us=1, mono_ns=1, attachments=parts)
    desk.web.gateway.store.append([draft]).result(timeout=30)
    return [{"role": part.role, "sha256": part.sha256, "mime": part.mime} for part in parts]


async def test_a_fall_names_its_window_and_plays_its_clip(desk: Desk) -> None:
    page = await desk.logged_in()
    path, clip = stored(
        desk, Attachment("composite", "image/jpeg", car_jpeg()), Attachment("clip", "video/mp4", film())
    )
    desk.web.gateway.raise_alarm(
        "fall.seen", 1, "facade:tower/11-6", place="3 号楼 11 层 第 6 列窗", picture=path["sha256"], media=[clip],
        detail="自由下落，最大速度 22 m/s，起点高约 32 m / fell freely, up to 22 m/s, from about 32 m",
    )  # fmt: skip
    card = page.locator("mw-alarm-card")
    await expect(card.locator(".where")).to_have_text("3 号楼 11 层 第 6 列窗")
    await expect(card.locator(".what")).to_contain_text("高空抛物")
    await expect(card.get_by_text("自由下落，最大速度 22 m/s，起点高约 32 m", exact=True)).to_be_visible()
    assert await card.locator("img").first.evaluate("i => i.decode().then(() => i.naturalWidth)") > 0
    await card.get_by_role("button", name="录像").click()
    video = page.locator("mw-viewer video")
    await expect(video).to_have_attribute("src", f"/v1/clips/{clip['sha256']}")
    # A browser built without H.264 cannot decode it, but must have been allowed to fetch it.
    state = await video.evaluate("v => new Promise(r => { if (v.readyState || v.error) r(v.error?.code ?? 0);"
                                 " v.onloadeddata = () => r(0); v.onerror = () => r(v.error.code); })")  # fmt: skip
    assert state in (0, 4)
    await page.get_by_role("button", name="关闭").click()
    await expect(video).to_have_count(0)


@pytest.mark.parametrize("standing", [True, False])
async def test_a_blocked_lane_says_whether_it_still_stands_there(desk: Desk, standing: bool) -> None:
    page = await desk.logged_in()
    media = stored(
        desk, Attachment("before", "image/jpeg", car_jpeg()), Attachment("clip", "application/zip", b"PK\x03\x04")
    )
    desk.web.gateway.raise_alarm(
        "zone.blocked", 2, "zone:yard/north", place="北侧消防通道", media=media, standing=standing,
        detail="车辆占用 / vehicle",
    )  # fmt: skip
    card = page.locator("mw-alarm-card")
    await expect(card.locator(".where")).to_have_text("北侧消防通道")
    await expect(card.get_by_text("仍在现场")).to_have_count(int(standing))
    await expect(card.get_by_role("button", name="之前")).to_be_visible()
    await expect(card.get_by_role("link", name="录像")).to_have_attribute("href", f"/v1/clips/{media[1]['sha256']}")
    assert desk.complaints == []
