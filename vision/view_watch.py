"""Core: is a camera covered, moved, out of focus or too slow? A machine with hold-offs; time is passed in.

Such a camera still delivers, so it is not lost: it is *impaired*, and its duties go on as well as they can.
One impairment at a time is told, the gravest first; each has a since-when and, once mended, a how-long.

* **covered**: nearly all structure is lost and nothing sharp has taken its place, for 30 s. A bus has windows; dusk
  keeps its correlation; fog leaves something to correlate until it is as good as a cover. In the dark (mean under 16
  levels) nothing is judged.
* **moved**: the structure is found again, but shifted or turned, for 20 s; or it is replaced by another for 15 min
  (a camera turned away, or a lorry parked before it: both want a look).
* **blurred**: fine structure against coarse fell under half of its own history for 60 s while the scene is the same.
* **slow**: fewer than half of the frames that were asked for and that the camera has shown it can give, for 20 s;
  frames known to be damaged on the way do not count, and nothing else is judged by them.

Mended means good for 10 s. There is one memory for pictures with colour and one for those without (infra-red), so
that the change of evening is no change of view. A memory accuses nobody before it has matched for two minutes: if a
lorry stood there at the start, the scene behind it is learnt anew.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from vision import view
from vision.frame import Image
from vision.frame_rate import Rate
from vision.observations import ViewFault
from vision.view import Plane

SAMPLE_PERIOD_S = 0.5
COVERED_SHARE = 0.75
DARK_LEVEL = 16.0
CHANGED_SHARE = 0.6
MATCHED_SHARE = 0.5
DOUBTED_SHARE = 0.2
MOVED_ACROSS = 0.015
MOVED_DEG = 1.5
BLURRED_SHARE = 0.5
HOLD_S = {ViewFault.COVERED: 30.0, ViewFault.MOVED: 20.0, ViewFault.BLURRED: 60.0, ViewFault.SLOW: 20.0}
CHANGED_AFTER_S = 900.0
MENDED_AFTER_S = 10.0
MATURE_AFTER_S = 120.0
_FIRST_S = 10.0
"""A new memory learns this fast, so that the first passers-by fade."""
_SEARCH_PERIOD_S = 5.0
_SETTLED_S = 60.0
_SHARPER_S, _DULLER_S = 60.0, 6 * 3600.0
_PAUSE_MAX_S = 5.0
"""A longer silence of the stream is not the scene's doing: clocks do not run over it."""


@dataclass(frozen=True, slots=True)
class Impaired:
    """A fault has held long enough to be told."""

    fault: ViewFault
    detail: str
    since_s: float


@dataclass(frozen=True, slots=True)
class Mended:
    """The fault that was told is over."""

    fault: ViewFault
    for_s: float


@dataclass(slots=True)
class _Memory:
    """What the camera shows in one light."""

    mean: Plane
    age_s: float = 0.0
    matched_s: float = 0.0
    sharp: float | None = None

    @property
    def mature(self) -> bool:
        return self.matched_s >= MATURE_AFTER_S


@dataclass(slots=True)
class ViewWatch:
    """Judges one camera over its whole life, reconnects included."""

    fps_asked: float
    live: bool = True
    told: Impaired | None = None
    _memories: dict[bool, _Memory] = field(default_factory=dict)
    _mean: Plane | None = None
    _fine: Plane | None = None
    _colourless: bool = False
    _looked_s: float = float("-inf")
    _suspect: tuple[ViewFault, str] | None = None
    _since_s: float = 0.0
    _changed_since_s: float | None = None
    _other: Plane | None = None
    _good_since_s: float | None = None
    _searched_s: float = float("-inf")
    _found: str = ""
    _rate: Rate = field(init=False)

    def __post_init__(self) -> None:
        self._rate = Rate(self.fps_asked)

    def look(self, image: Image, now_s: float) -> list[Impaired | Mended]:
        """What is to be said after this frame (HxWx3 BGR uint8); nearly always nothing."""
        self._rate.came(now_s, damaged=False)
        dt_s = now_s - self._looked_s
        if dt_s < SAMPLE_PERIOD_S:
            return []
        self._looked_s = now_s
        dt_s = min(dt_s, _PAUSE_MAX_S)
        return self._judged(self._fault(image, now_s, dt_s), now_s, dt_s)

    def spoilt(self, now_s: float) -> list[Impaired | Mended]:
        """What is to be said after a frame that is known to be damaged: only that too few are whole."""
        self._rate.came(now_s, damaged=True)
        if now_s - self._looked_s < SAMPLE_PERIOD_S or (self._suspect and self._suspect[0] is not ViewFault.SLOW):
            return []
        slow = self._slow(now_s)
        return self._judged(slow, now_s, 0.0) if slow else []

    def interrupted(self) -> None:
        """The stream broke, or pictures came that show nothing: what was counted so far says nothing of what follows.
        What was learnt stays, so that a camera that was unplugged and turned is found out."""
        self._rate.clear()
        self._mean = self._fine = None

    def _fault(self, image: Image, now_s: float, dt_s: float) -> tuple[ViewFault, str] | None:
        grey, colourless = view.small_copy(image)
        if colourless is not self._colourless or (self._mean is not None and self._mean.shape != grey.shape):
            self._mean = self._fine = None
            self._colourless = colourless
        fresh = self._mean is None
        self._mean = view.blended(self._mean, grey, dt_s, view.MEAN_S)
        self._fine = view.blended(self._fine, view.fine_middle(image), dt_s, view.MEAN_S)
        memory = self._memories.get(colourless)
        if memory is None or memory.mean.shape != grey.shape:
            self._memories[colourless] = _Memory(self._mean.copy())
            return self._covered_by_the_other() or self._slow(now_s)
        if fresh:
            return self._suspect  # one picture says nothing; what was thought before stands
        return self._scene(memory, now_s, dt_s) or self._blur(memory, dt_s) or self._slow(now_s)

    def _scene(self, memory: _Memory, now_s: float, dt_s: float) -> tuple[ViewFault, str] | None:
        assert self._mean is not None
        old, new = view.structure(memory.mean), view.structure(self._mean)
        look = view.compare(old, new)
        memory.age_s += dt_s
        if not look.judged:
            covered = None if memory.mature else self._covered_by_the_other()
            if covered:
                self._memories.pop(self._colourless)
                return covered
            self._learn(memory, dt_s, view.LEARN_S if memory.mature else _FIRST_S)
            return None
        if not memory.mature:
            return self._grow(memory, look, dt_s)
        if float(self._mean.mean()) < DARK_LEVEL:
            return None  # lights out and a palm on the lens look the same; the black picture has its own check
        if look.faint >= COVERED_SHARE:
            return _covered(look)
        if look.lost < MATCHED_SHARE:
            self._changed_since_s = self._other = None
            moved = self._moved(old, new, now_s) if look.lost >= DOUBTED_SHARE else None
            if moved is None:  # a shift must not be learnt away
                self._learn(memory, dt_s, view.LEARN_S)
            return moved
        if self._changed_since_s is None:
            self._changed_since_s = now_s
        moved = self._moved(old, new, now_s)
        if moved is not None or look.lost < CHANGED_SHARE:
            return moved
        return self._another(new, now_s - self._changed_since_s)

    def _another(self, new: Plane, for_s: float) -> tuple[ViewFault, str] | None:
        """Another scene that stays as it is; noise in the dark is never the same twice."""
        if self._other is None and for_s >= _SETTLED_S:
            self._other = new
        if self._other is None or self._other.shape != new.shape or for_s < CHANGED_AFTER_S:
            return None
        look = view.compare(self._other, new)
        if not look.judged or look.lost >= MATCHED_SHARE:
            return None
        return ViewFault.MOVED, "画面已是另一处，或被长期挡住 / another view, or something large stands before it"

    def _grow(self, memory: _Memory, look: view.Look, dt_s: float) -> tuple[ViewFault, str] | None:
        """A memory in its first minutes accuses nobody, but grey paint must not pass for a first night either."""
        covered = self._covered_by_the_other()
        if covered:
            self._memories.pop(self._colourless)
            return covered
        if look.lost < MATCHED_SHARE:
            memory.matched_s += dt_s
            self._learn(memory, dt_s, _FIRST_S)
        else:
            assert self._mean is not None
            self._memories[self._colourless] = _Memory(self._mean.copy())
        return None

    def _covered_by_the_other(self) -> tuple[ViewFault, str] | None:
        """What the memory of the other light says of a picture in a light that is new."""
        other = self._memories.get(not self._colourless)
        if other is None or self._mean is None or not other.mature or other.mean.shape != self._mean.shape:
            return None
        if float(self._mean.mean()) < DARK_LEVEL:
            return None
        look = view.compare(view.structure(other.mean), view.structure(self._mean))
        return _covered(look) if look.judged and look.faint >= COVERED_SHARE else None

    def _learn(self, memory: _Memory, dt_s: float, constant_s: float) -> None:
        assert self._mean is not None
        memory.mean = view.blended(memory.mean, self._mean, dt_s, constant_s)

    def _moved(self, old: Plane, new: Plane, now_s: float) -> tuple[ViewFault, str] | None:
        if now_s - self._searched_s >= _SEARCH_PERIOD_S:
            self._searched_s = now_s
            shift = view.shift_of(old, new)
            self._found = ""
            if shift is not None and (shift.across >= MOVED_ACROSS or abs(shift.turned_deg) >= MOVED_DEG):
                turned, across = abs(shift.turned_deg), shift.across
                self._found = (
                    f"画面移动 {across:.0%}，转动 {turned:.0f}° / the view moved by {across:.0%}, turned {turned:.0f}°"
                )
        return (ViewFault.MOVED, self._found) if self._found else None

    def _blur(self, memory: _Memory, dt_s: float) -> tuple[ViewFault, str] | None:
        assert self._fine is not None
        sharp = view.sharpness(self._fine)
        if sharp is None or not memory.mature:
            return None
        if memory.sharp is None:
            memory.sharp = sharp
        share = min(1.0, dt_s / (_SHARPER_S if sharp > memory.sharp else _DULLER_S))
        memory.sharp += (sharp - memory.sharp) * share
        if sharp >= BLURRED_SHARE * memory.sharp:
            return None
        left = sharp / memory.sharp
        return (
            ViewFault.BLURRED,
            f"清晰度只剩 {left:.0%}，请查对焦与镜头 / {left:.0%} of its sharpness; check focus, lens",
        )

    def _slow(self, now_s: float) -> tuple[ViewFault, str] | None:
        detail = self._rate.fault(now_s) if self.live else None
        return (ViewFault.SLOW, detail) if detail else None

    def _judged(self, seen: tuple[ViewFault, str] | None, now_s: float, dt_s: float) -> list[Impaired | Mended]:
        before = self._suspect
        if seen is None or before is None or seen[0] is not before[0]:
            self._since_s = now_s
        self._suspect = seen
        fault = seen[0] if seen else None
        if self.told is not None and fault is self.told.fault:
            self._good_since_s = None
            return []
        said: list[Impaired | Mended] = []
        held = seen is not None and now_s - self._since_s >= HOLD_S[seen[0]]
        if self.told is not None:
            if self._good_since_s is None:
                self._good_since_s = now_s
            if not held and (fault is not None or now_s - self._good_since_s < MENDED_AFTER_S):
                return []
            said.append(Mended(self.told.fault, self._good_since_s - self.told.since_s))
            self.told = self._good_since_s = None
        if held and seen is not None:
            self.told = Impaired(seen[0], seen[1], self._since_s)
            said.append(self.told)
        return said


def _covered(look: view.Look) -> tuple[ViewFault, str]:
    return ViewFault.COVERED, f"画面被遮挡 {look.faint:.0%} / {look.faint:.0%} of the view is covered"
