"""Every reason that a face or picture may be refused for has a sentence in both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from vision.faces.words import PROBLEMS, words

ROOT = Path(__file__).resolve().parents[3]
SPOKEN = {
    "vision/faces/picture_head.py": r'Refused\("(\w+)"\)',
    "vision/faces/pictures.py": r'PictureRefused\("(\w+)"\)',
    "vision/faces/quality.py": r'^        "(\w+)": ',
    "vision/faces/engine.py": r'"(several_faces|no_face)"',
    "vision/faces/duty.py": r'refused\(request, "(\w+)"',
    "vision/analyze_faces.py": r'"(no_face|no_model|too_many_pixels)"',
}


@pytest.mark.parametrize("file", SPOKEN)
def test_every_key_that_is_spoken_has_its_words(file: str) -> None:
    spoken = re.findall(SPOKEN[file], (ROOT / file).read_text(encoding="utf-8"), re.MULTILINE)
    assert spoken, "the pattern must find what the module says"
    assert set(spoken) <= set(PROBLEMS)


@pytest.mark.parametrize("key", PROBLEMS)
def test_sentences_are_in_chinese_and_english(key: str) -> None:
    said = words(key)
    assert re.search(r"[\u4e00-\u9fff]", said.zh)
    assert re.fullmatch(r"[\x20-\x7e]+", said.en) and not said.en.endswith(".")


def test_a_key_of_a_newer_peer_is_said_as_it_is() -> None:
    assert words("from_tomorrow").en == "from_tomorrow"
