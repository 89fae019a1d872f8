"""A verifier of evidence bundles written from docs/evidence.md alone: it imports nothing of the product."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import zipfile
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

HEADER = ("boot_id", "clock", "id", "kind", "mono_ns", "priority", "seq", "source", "wall_us")


def judge(path: Path, key_hex: str) -> tuple[bool, str]:
    """(whether it is genuine, ``checkpoint`` or ``head`` or the first thing that is wrong)."""
    with zipfile.ZipFile(path) as archive:
        files = {info.filename: archive.read(info) for info in archive.infolist()}
    sums = files.pop("SHA256SUMS")
    signature = files.pop("SHA256SUMS.sig")
    if not _signed(key_hex, sums, signature):
        return False, "signature"
    first, *lines = sums.decode().split("\n")[:-1]
    if first != f"# menwei.evidence.1 key {key_hex}":
        return False, "first line"
    listed = {line[66:]: line[:64] for line in lines}
    if listed != {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}:
        return False, "files"
    if any(hashlib.sha256(data).hexdigest() != name[6:70] for name, data in files.items() if name.startswith("media/")):
        return False, "media"
    return _chain(files, json.loads(files["manifest.json"]), key_hex)


def _chain(files: dict[str, bytes], manifest: dict[str, Any], key_hex: str) -> tuple[bool, str]:
    proven: set[int] = set()
    run: list[int] = []
    hashes: dict[int, str] = {}
    before: dict[str, Any] = {}
    for line in files["chain.ndjson"].decode().split("\n")[:-1]:
        event = json.loads(line)
        if not before or event["seq"] != before["seq"] + 1:
            run = []
        elif event["prev"] != before["hash"]:
            return False, "prev"
        header = _text({name: event[name] for name in HEADER})
        if hashlib.sha256((event["prev"] + header + event["body"]).encode()).hexdigest() != event["hash"]:
            return False, "hash"
        if event["kind"] == "log.checkpoint":
            if not _checkpoint(event, key_hex):
                return False, "checkpoint"
            proven.update(run)
        run.append(event["seq"])
        hashes[event["seq"]] = event["hash"]
        before = event
    wanted = {item["seq"]: item["hash"] for item in manifest["events"]}
    if any(hashes.get(seq) != digest for seq, digest in wanted.items()) or manifest["subject"]["seq"] not in wanted:
        return False, "events"
    return True, "checkpoint" if wanted.keys() <= proven else "head"


def _checkpoint(event: dict[str, Any], key_hex: str) -> bool:
    body = json.loads(event["body"])
    if (body["seq"], body["hash"]) != (event["seq"] - 1, event["prev"]):
        return False
    signed = {name: body[name] for name in ("gateway", "epoch", "seq", "hash")}
    return _signed(key_hex, _text({"type": "menwei.checkpoint.1", **signed}).encode(), bytes.fromhex(body["signature"]))


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _signed(key_hex: str, message: bytes, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(key_hex)).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def with_standard_tools(path: Path, folder: Path) -> tuple[int, int]:
    """Exit statuses of ``sha256sum -c`` and ``openssl pkeyutl -verify`` over the unpacked bundle."""
    with zipfile.ZipFile(path) as archive:
        assert all(re.fullmatch(r"(media/)?[A-Za-z0-9._-]+", name) for name in archive.namelist())
        archive.extractall(folder)
    sums = subprocess.run(["sha256sum", "-c", "--strict", "SHA256SUMS"], cwd=folder, capture_output=True, check=False)
    openssl = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "key.pem", "-rawin", "-in", "SHA256SUMS"]
    signed = subprocess.run([*openssl, "-sigfile", "SHA256SUMS.sig"], cwd=folder, capture_output=True, check=False)
    return sums.returncode, signed.returncode
