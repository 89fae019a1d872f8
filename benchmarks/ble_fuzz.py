"""A million hostile pieces at the phone door: exceptions and acceptances. Run: python benchmarks/ble_fuzz.py [PIECES]

Noise, damaged and replayed proofs, strangers' keys, proofs written through another connection; every proof that the
reader lets through is given to the hub's verification. Exit status 1 when anything was accepted.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.devices.ble_fuzz import Siege

PIECES = int(sys.argv[1]) if len(sys.argv) == 2 else 1_000_000


def main() -> int:
    """Print the figures; any exception ends the script with its trace."""
    siege, began = Siege(6), time.monotonic()
    ends = siege.run(PIECES)
    print(f"pieces {siege.written}, uncaught exceptions 0, accepted {ends['accepted']}")
    print(f"{time.monotonic() - began:.1f} s")
    print("proofs at the hub:", dict(ends.most_common()))
    print("at the reader:", dict(siege.door.counters.most_common()))
    return 1 if ends["accepted"] else 0


if __name__ == "__main__":
    sys.exit(main())
