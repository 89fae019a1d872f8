"""What several pictures at enrolment and several frames at the door add, for benchmarks/faces.py.

People with at least `PICTURES` pictures are enrolled with 1, 2 or 3 of them and come with 1 or 3 others; the
strangers come with as many. Photographs of different days stand for frames: frames of one look are more alike, so
they add less.
"""

from __future__ import annotations

import numpy as np

from vision.faces.embed import normalised
from vision.faces.face import Vector

PICTURES = 6
_DRAWS = 20


def measure(
    identity: dict[str, str], roles: dict[str, str], door: dict[str, Vector], enrolled: dict[str, Vector]
) -> None:
    """Print the table: share of known people let in where one in a hundred strangers is taken for somebody."""
    people: dict[str, list[str]] = {}
    for file, name in identity.items():
        if file in door and file in enrolled:
            people.setdefault(name, []).append(file)
    known = {name: files for name, files in people.items() if len(files) >= PICTURES}
    strangers = {name: files for name, files in people.items() if name not in known}
    print(f"\n{len(known)} people with {PICTURES} pictures and more; TPIR at FPIR 1 %, mean of {_DRAWS} draws")
    print(f"{'':24}" + "".join(f"{f'{frames} frame(s)':>14}" for frames in (1, 3)) + f"{'threshold':>12}")
    for pictures in (1, 2, 3):
        line, at = "", 0.0
        for frames in (1, 3):
            rng = np.random.default_rng(7)
            draws = [_draw(known, strangers, door, enrolled, rng, pictures, frames) for _ in range(_DRAWS)]
            line += f"{np.mean([share for share, _ in draws]):>14.4f}"
            at = float(np.mean([threshold for _, threshold in draws]))
        print(f"enrolled with {pictures:<10}{line}{at:>12.3f}")


def _draw(
    known: dict[str, list[str]],
    strangers: dict[str, list[str]],
    door: dict[str, Vector],
    enrolled: dict[str, Vector],
    rng: np.random.Generator,
    pictures: int,
    frames: int,
) -> tuple[float, float]:
    gallery, visits = [], []
    for row, files in enumerate(known.values()):
        mixed = list(rng.permutation(files))
        gallery.append(normalised(np.sum([enrolled[file] for file in mixed[:pictures]], axis=0)))
        visits.append((row, [door[file] for file in mixed[3 : 3 + frames]]))
    matrix = np.stack(gallery)
    # As at the door: the mean of the similarities over the frames, not the similarity of a mean.
    seen = [(row, np.mean([matrix @ vector for vector in vectors], axis=0)) for row, vectors in visits]
    unknown = []
    for files in strangers.values():
        if len(files) >= frames:
            chosen = rng.choice(files, frames, replace=False)
            unknown.append(np.mean([matrix @ door[file] for file in chosen], axis=0).max())
    threshold = float(np.quantile(unknown, 0.99, method="higher"))
    right = [scores.argmax() == row and scores[row] > threshold for row, scores in seen]
    return float(np.mean(right)), threshold
