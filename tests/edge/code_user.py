"""A child that lets visitors in by codes and passes, as fast as it can, until it is killed.

    python -m tests.edge.code_user FOLDER CREDENTIALS.json

Prints one line for each entry, after its event and its use are durable, as a gate opens after them. Ends when nothing
opens any more.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from edge.access import passes, visitor_codes
from edge.access.pass_keys import verifier
from sync.event import EventDraft
from sync.records import Change
from sync.store import Store

NOW_S = 1_780_000_000


def main(folder: Path, shown: dict[str, list[str]]) -> None:
    public = Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key()
    ring = ((passes.key_id(public.public_bytes_raw()), verifier(public)),)
    with Store.open(folder / "log.db", gateway_id="gate-1", ballast_bytes=0) as store:
        print("ready", flush=True)
        opened = True
        while opened:
            opened = False
            for text in (*shown["codes"], *shown["passes"]):
                changes: tuple[Change, ...]
                if text in shown["codes"]:
                    changes = visitor_codes.check(store.policy(), bytes(32), text, "east", "", NOW_S).changes
                else:
                    spent = store.policy().spent_passes
                    at = {"gate": 1, "plate": "", "now_s": NOW_S, "spent": spent, "counted": {1}}
                    changes = passes.check(text, ring, **at).changes  # type: ignore[arg-type]
                if not changes:
                    continue
                event = EventDraft(kind="access.granted", source="lane:east", body={}, wall_us=1, mono_ns=1, priority=2)
                store.append([event], changes).result(60)
                print(text, flush=True)
                opened = True


if __name__ == "__main__":
    main(Path(sys.argv[1]), json.loads(Path(sys.argv[2]).read_text(encoding="utf-8")))
