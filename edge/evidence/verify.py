"""Is a bundle what the gateway wrote? Names every file that is not. Shell: reads one zip file."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from edge.evidence import layout
from edge.evidence.archive import Archive, ArchiveRefused
from edge.evidence.chain_proof import ChainProof, prove
from sync.keys import public_hex_of, signature_holds

_SIGNATURE_BYTES = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What a check found; ``ok`` only if everything holds."""

    ok: bool
    refused: str = ""
    """Why the file was not even looked into (zh / en)."""
    altered: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    signature: str = "absent"
    """``holds``, ``broken``, ``absent``."""
    key: str = ""
    """The public key that the bundle names, hex."""
    key_trusted: bool | None = None
    """Whether that key is one of those that were given; None when none was given: it only speaks for itself."""
    chain: str = "unread"
    """``checkpoint`` (every event reaches a signed checkpoint), ``head`` (some event only the bundle's own
    signature), ``broken``, ``unread``."""
    chain_detail: str = ""
    gateway: str = ""
    subject: int = 0
    events: int = 0

    def as_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)


def verify_bundle(path: Path, keys: Collection[str] = ()) -> Findings:
    """Check a bundle; ``keys`` are public keys (hex) that are known from elsewhere. Raises nothing for bad files."""
    try:
        with Archive(path) as archive:
            return _verify(archive, frozenset(keys))
    except ArchiveRefused as error:
        return Findings(ok=False, refused=str(error))


def _verify(archive: Archive, keys: frozenset[str]) -> Findings:
    names = set(archive.sizes)
    absent = tuple(sorted({*layout.REQUIRED, layout.SUMS, layout.SIGNATURE} - names))
    if layout.SUMS not in names:
        return Findings(ok=False, missing=absent)
    sums = archive.read(layout.SUMS)
    try:
        digests, key = layout.parse_sums(sums)
    except ValueError as error:
        return Findings(ok=False, missing=absent, altered=(layout.SUMS,), chain_detail=f"{layout.SUMS}: {error}")
    signature = _signature(archive, sums, key)
    altered = {name for name in names & set(digests) if archive.sha256(name) != digests[name]}
    altered |= {name for name in names if _accuses_itself(archive, name)}
    if signature == "broken" or not _same_key(archive, key):
        altered |= {layout.SUMS} if signature == "broken" else {layout.KEY}
    missing = {*absent, *(set(digests) - names)}
    added = names - set(digests) - {layout.SUMS, layout.SIGNATURE}
    manifest = _manifest(archive)
    proof = _proof(archive, manifest, key, keys)
    altered |= proof.altered
    missing |= proof.missing - names
    trusted = key in keys if keys else None
    sound = not (altered or missing or added) and signature == "holds" and proof.state in ("checkpoint", "head")
    return Findings(
        ok=sound and trusted is not False,
        altered=tuple(sorted(altered)),
        missing=tuple(sorted(missing)),
        added=tuple(sorted(added)),
        signature=signature,
        key=key,
        key_trusted=trusted,
        chain=proof.state,
        chain_detail=proof.detail,
        gateway=str(manifest.get("gateway", "")),
        subject=proof.subject,
        events=proof.events,
    )


def _signature(archive: Archive, sums: bytes, key: str) -> str:
    if layout.SIGNATURE not in archive.sizes:
        return "absent"
    signature = archive.read(layout.SIGNATURE) if archive.sizes[layout.SIGNATURE] == _SIGNATURE_BYTES else b""
    return "holds" if signature_holds(key, sums, signature.hex()) else "broken"


def _accuses_itself(archive: Archive, name: str) -> bool:
    """A picture is named by its hash, so that rewriting the list of sums does not hide what was done to it."""
    found = layout.MEDIA_NAME.fullmatch(name)
    return found is not None and archive.sha256(name) != found[1]


def _same_key(archive: Archive, key: str) -> bool:
    if layout.KEY not in archive.sizes:
        return True
    try:
        return public_hex_of(archive.read(layout.KEY).decode()) == key
    except ValueError:
        return False


def _manifest(archive: Archive) -> dict[str, Any]:
    try:
        value = json.loads(archive.read(layout.MANIFEST))
    except (KeyError, ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _proof(archive: Archive, manifest: dict[str, Any], key: str, keys: frozenset[str]) -> ChainProof:
    if not {layout.CHAIN, layout.EVENTS, layout.MANIFEST} <= set(archive.sizes):
        return ChainProof(state="unread", detail="the chain's files are not all there")
    try:
        text = archive.read(layout.CHAIN).decode()
    except ValueError as error:
        return ChainProof(state="broken", detail=str(error), altered={layout.CHAIN})
    known = keys or {key}

    def signed_by_a_known_key(_named: str, message: bytes, signature_hex: str) -> bool:
        return any(signature_holds(one, message, signature_hex) for one in known)

    return prove(text, archive.read(layout.EVENTS), manifest, signed_by_a_known_key)
