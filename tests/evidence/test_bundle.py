"""A bundle proves itself, to us and to programs that know only docs/evidence.md; whatever is changed is named."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edge.evidence import layout
from edge.evidence.bundle import NoSuchEvent, Written, export, gather
from edge.evidence.verify import Findings, verify_bundle
from sync.event import Attachment
from sync.keys import SigningKey
from sync.media import MediaStore
from sync.store import Store
from tests.evidence.second_verifier import judge, with_standard_tools
from tests.sync.helpers import DEADLINE_S, draft, open_store

JPEG, CLIP = b"\xff\xd8 picture", b"\0\0\0\x18ftypmp42 clip"
TRACK = b'{"track":[[0.1,2,3]]}'
Files = dict[str, bytes]


def say(store: Store, kind: str, id_: str, body: dict[str, Any], *media: Attachment) -> int:
    future = store.append([draft(kind=kind, id=id_, body=body, attachments=media)])
    return future.result(DEADLINE_S)[0].seq


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A log with one theft in it, told in nine events among others."""
    folder = tmp_path / "data"
    with open_store(folder, checkpoint_events=8) as store:
        for n in range(5):
            say(store, "lane.passing", f"before-{n}", {"n": n, "text": "行\u2028<script>alert(1)</script>"})
        pictures = [Attachment("frame", "image/jpeg", JPEG), Attachment("clip", "video/mp4", CLIP)]
        say(store, "plate.read", "read", {"visit": "v1"}, *pictures, Attachment("track", "application/json", TRACK))
        say(store, "access.denied", "denied", {"visit": "v1", "picture": pictures[0].sha256})
        say(store, "lane.forced", "forced", {"reference": "denied"})
        say(store, "alarm.opened", "opened", {"alarm": "a1", "event_id": "forced"})
        for n in range(30):
            say(store, "lane.passing", f"between-{n}", {"n": n, "visit": "v2"})
        say(store, "alarm.acknowledged", "taken", {"alarm": "a1"})
        say(store, "alarm.closed", "closed", {"alarm": "a1", "note": "处理"})
        for n in range(20):
            say(store, "lane.passing", f"after-{n}", {"n": n})
    return folder


def bundle(folder: Path, event: str, out: Path) -> Written:
    media = MediaStore(folder / "blobs")
    key = SigningKey.load(folder / "log-signing.key")
    return export(gather(folder / "log.db", media, event), media, key, out, offset_s=28800, audit="noted")


def key_of(folder: Path) -> str:
    return SigningKey.load(folder / "log-signing.key").public_hex


def unpacked(path: Path) -> Files:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(path: Path, files: Files) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data)
    return path


@pytest.mark.parametrize("event", ["read", "denied", "forced", "opened", "closed"])
def test_any_event_of_a_matter_brings_the_whole_matter(site: Path, tmp_path: Path, event: str) -> None:
    written = bundle(site, event, tmp_path / "b.zip")
    files = unpacked(written.path)
    ids = [item["id"] for item in json.loads(files[layout.EVENTS])]
    assert ids == ["read", "denied", "forced", "opened", "taken", "closed"]
    assert {data for name, data in files.items() if name.startswith("media/")} == {JPEG, CLIP, TRACK}
    assert (written.complete, written.checkpointed, written.missing) == (True, True, 0)


def test_a_genuine_bundle_holds_for_us_for_a_stranger_and_for_openssl(site: Path, tmp_path: Path) -> None:
    path = bundle(site, "forced", tmp_path / "b.zip").path
    findings = verify_bundle(path, [key_of(site)])
    assert findings == Findings(
        ok=True, signature="holds", key=key_of(site), key_trusted=True, chain="checkpoint", gateway="gate-1",
        subject=findings.subject, events=6,
    )  # fmt: skip
    assert judge(path, key_of(site)) == (True, "checkpoint")
    assert with_standard_tools(path, tmp_path / "unpacked") == (0, 0)


def test_the_same_matter_gives_the_same_bytes(site: Path, tmp_path: Path) -> None:
    paths = [bundle(site, event, tmp_path / f"{n}.zip").path for n, event in enumerate(("forced", "forced"))]
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_an_event_without_a_checkpoint_yet_rests_on_the_signature_of_the_bundle(tmp_path: Path) -> None:
    with open_store(tmp_path / "data") as store:
        say(store, "lane.forced", "forced", {})
        path = bundle(tmp_path / "data", "forced", tmp_path / "b.zip").path  # beside the running gateway
    findings = verify_bundle(path, [key_of(tmp_path / "data")])
    assert (findings.ok, findings.chain) == (True, "head")
    assert judge(path, findings.key) == (True, "head")


def test_the_page_opens_offline_and_runs_nothing(site: Path, tmp_path: Path) -> None:
    files = unpacked(bundle(site, "before-0", tmp_path / "one.zip").path)
    page = files[layout.PAGE].decode()
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    whole = unpacked(bundle(site, "forced", tmp_path / "b.zip").path)
    page = whole[layout.PAGE].decode()
    assert "://" not in page
    for name in whole:
        assert not name.startswith("media/") or f'="{name}"' in page
    assert "道闸被强行打开" in page
    assert "barrier opened by force" in page
    assert "+08:00" in page


def test_pictures_that_are_gone_are_owned_up_to(site: Path, tmp_path: Path) -> None:
    store = MediaStore(site / "blobs")
    photo, clip = Attachment("", "", JPEG).sha256, Attachment("", "", CLIP).sha256
    store.delete(photo)
    store.path(clip).write_bytes(b"rotten")
    written = bundle(site, "forced", tmp_path / "b.zip")
    entries = json.loads(unpacked(written.path)[layout.MANIFEST])["media"]
    assert {e["sha256"]: e["missing"] for e in entries if "missing" in e} == {photo: "deleted", clip: "damaged"}
    assert written.missing == 2
    assert verify_bundle(written.path).ok


@pytest.mark.parametrize("event", ["nobody", "0", "999999", "-1", "9" * 30, ""])
def test_what_is_not_in_the_log_is_said_so(site: Path, tmp_path: Path, event: str) -> None:
    with pytest.raises(NoSuchEvent):
        bundle(site, event, tmp_path / "b.zip")


def flip(name: str) -> Callable[[Files], None]:
    def change(files: Files) -> None:
        files[name] = files[name][:-2] + bytes([files[name][-2] ^ 1]) + files[name][-1:]

    return change


def picture_of(files: Files) -> str:
    return next(name for name, data in files.items() if data == JPEG)


@pytest.mark.parametrize("name", [*layout.REQUIRED, layout.SUMS, layout.SIGNATURE])
def test_one_flipped_bit_is_named(site: Path, tmp_path: Path, name: str) -> None:
    files = unpacked(bundle(site, "forced", tmp_path / "b.zip").path)
    flip(name)(files)
    path = packed(tmp_path / "bad.zip", files)
    findings = verify_bundle(path, [key_of(site)])
    assert not findings.ok
    if name == layout.SIGNATURE:
        assert findings.signature == "broken"
    else:
        assert name in findings.altered
    assert not judge(path, key_of(site))[0]


@pytest.mark.parametrize("name", [*layout.REQUIRED, layout.SUMS, layout.SIGNATURE])
def test_a_file_that_is_gone_is_named(site: Path, tmp_path: Path, name: str) -> None:
    files = unpacked(bundle(site, "forced", tmp_path / "b.zip").path)
    del files[name]
    findings = verify_bundle(packed(tmp_path / "bad.zip", files))
    assert not findings.ok
    assert findings.missing == (name,)


def test_pictures_that_were_swapped_taken_or_slipped_in_are_named(site: Path, tmp_path: Path) -> None:
    whole = unpacked(bundle(site, "forced", tmp_path / "b.zip").path)
    photo = picture_of(whole)
    for files, field, name in (
        ({**whole, photo: b"another"}, "altered", photo),
        ({k: v for k, v in whole.items() if k != photo}, "missing", photo),
        ({**whole, "media/extra.jpg": b"x"}, "added", "media/extra.jpg"),
        ({**whole, "readme.txt": b"x"}, "added", "readme.txt"),
    ):
        findings = verify_bundle(packed(tmp_path / "bad.zip", files))
        assert not findings.ok
        assert getattr(findings, field) == (name,)


def resigned(files: Files, key: SigningKey) -> Files:
    """What a forger with a key of his own makes of it."""
    texts = {name: data for name, data in files.items() if name not in (layout.SUMS, layout.SIGNATURE)}
    texts[layout.KEY] = key.public_pem()
    digests = {name: Attachment("", "", data).sha256 for name, data in texts.items()}
    sums = layout.sums_text(digests, key.public_hex)
    return {**texts, layout.SUMS: sums, layout.SIGNATURE: bytes.fromhex(key.sign(sums))}


def test_a_forger_with_his_own_key_is_found_by_the_key_and_by_the_checkpoint(site: Path, tmp_path: Path) -> None:
    files = unpacked(bundle(site, "forced", tmp_path / "b.zip").path)
    path = packed(tmp_path / "forged.zip", resigned(files, SigningKey(b"f" * 32)))
    findings = verify_bundle(path, [key_of(site)])
    assert (findings.ok, findings.key_trusted, findings.signature) == (False, False, "holds")
    alone = verify_bundle(path)
    assert (alone.ok, alone.key_trusted, alone.chain) == (False, None, "broken")


def test_rewriting_the_list_does_not_hide_a_swapped_picture(site: Path, tmp_path: Path) -> None:
    files = unpacked(bundle(site, "forced", tmp_path / "b.zip").path)
    photo = picture_of(files)
    signed = resigned({**files, photo: b"another"}, SigningKey.load(site / "log-signing.key"))
    assert photo in verify_bundle(packed(tmp_path / "bad.zip", signed)).altered


@pytest.mark.parametrize(("line", "chain"), [(3, "broken"), (-1, "head"), (-2, "head")])
def test_a_line_taken_out_of_the_chain_is_found_whoever_signs(
    site: Path, tmp_path: Path, line: int, chain: str
) -> None:
    """The last line is a checkpoint: without it, or the line it signs, the bundle's signature is all."""
    files = unpacked(bundle(site, "forced", tmp_path / "b.zip").path)
    lines = files[layout.CHAIN].splitlines(keepends=True)
    del lines[line]
    own = SigningKey.load(site / "log-signing.key")
    path = packed(tmp_path / "bad.zip", resigned({**files, layout.CHAIN: b"".join(lines)}, own))
    assert verify_bundle(path).chain == chain


@pytest.mark.parametrize(
    ("old", "new"), [(b"lane.forced", b"lane.passed"), (b"before-4", b"before-5"), (b"log.checkpoint", b"log.checked")]
)
def test_a_word_changed_in_the_chain_is_found_whoever_signs(site: Path, tmp_path: Path, old: bytes, new: bytes) -> None:
    files = unpacked(bundle(site, "forced", tmp_path / "b.zip").path)
    assert old in files[layout.CHAIN]
    forged = {**files, layout.CHAIN: files[layout.CHAIN].replace(old, new)}
    path = packed(tmp_path / "bad.zip", resigned(forged, SigningKey.load(site / "log-signing.key")))
    findings = verify_bundle(path)
    assert (findings.ok, findings.chain) == (False, "broken")
