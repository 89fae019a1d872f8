"""kill -9 of the whole gateway and of the centre's puller at random moments.

    python benchmarks/kill_gateway.py --cycles 200 --seed 1            # a lane, and the centre's puller
    python benchmarks/kill_gateway.py --cycles 60 --seed 7 --doors     # door, siren, hold; the disk hangs at times

Prints one JSON object; every count from ``lost`` (``relay_left_on``) on must be 0.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.site.killing import kill_again_and_again
from tests.site.killing_doors import kill_doors


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cycles", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--doors", action="store_true")
    given = parser.parse_args()
    series = kill_doors if given.doors else kill_again_and_again
    with tempfile.TemporaryDirectory(prefix="menwei-kill-") as folder:
        print(json.dumps(series(Path(folder), given.cycles, given.seed)))


if __name__ == "__main__":
    main()
