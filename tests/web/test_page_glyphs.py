"""Every character that the page may show has a shape of its own: no box stands for one (tofu)."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from edge.events import KINDS
from tests.web.desk import NEEDS, Desk

PAGE = Path(__file__).resolve().parents[2] / "edge/web/page/src"
FC_LIST = shutil.which("fc-list")


def cjk_font() -> bool:
    """Whether the system can draw Chinese at all."""
    if FC_LIST is None:
        return False
    done = subprocess.run([FC_LIST, ":lang=zh-cn", "family"], capture_output=True, text=True, timeout=60, check=False)
    return bool(done.stdout.strip())


pytestmark = [*NEEDS, pytest.mark.skipif(not cjk_font(), reason="no Chinese font on this machine")]

BOXES = """(characters) => {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 40;
  const pen = canvas.getContext('2d', { willReadFrequently: true });
  pen.font = `28px ${getComputedStyle(document.querySelector('mw-app')).fontFamily}`;
  const shape = (character) => {
    pen.clearRect(0, 0, 40, 40);
    pen.fillText(character, 4, 30);
    return pen.getImageData(0, 0, 40, 40).data.join();
  };
  const nothing = shape(' ');
  const boxes = ['\\u{10fffd}', '\\u{e123}', '\\u{f8d0}'].map(shape);
  return characters.filter((one) => boxes.includes(shape(one)) || shape(one) === nothing);
}"""


async def test_no_character_of_the_page_is_drawn_as_a_box(desk: Desk) -> None:
    words = [*json.loads((PAGE / "locales/zh.json").read_text("utf-8")).values(), *(kind.zh for kind in KINDS.values())]
    provinces = "京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新港澳学警领使挂"
    characters = sorted(set("".join(words) + provinces) - set(" \n\u00a0\u3000"))
    assert len(characters) > 600
    page = await desk.page()
    await page.goto(desk.server.url)
    assert await page.evaluate(BOXES, characters) == []
    assert await page.evaluate(BOXES, ["\U0010fffe", "\ue124"]) != [], "the check itself must know a box"
