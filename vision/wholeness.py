"""Core: which pictures of a coded stream are whole, and which are smeared by what got lost on the way.

A picture that was decoded from damaged data, or builds on one that never came, is damaged, and so is all that builds
on it in turn: until the next key picture that is whole. Time is passed in.
"""

from __future__ import annotations

from collections import deque

HEALED_AFTER_S = 30.0
"""Streams that renew their pictures piece by piece have no key pictures: so long after the last damage all is new."""
_WAITING_MAX = 64


class Wholeness:
    """Of one stream, in the order in which its pictures come out of the decoder."""

    def __init__(self) -> None:
        self.damaged = False
        """The newest picture."""
        self._broken: deque[int] = deque(maxlen=_WAITING_MAX)
        self._hurt_s = 0.0

    def begin(self) -> None:
        """What follows does not go on from what was."""
        self.damaged = False
        self._broken.clear()

    def packet_broken(self, stamp: int) -> None:
        """The packet of this time stamp could not be decoded, or builds on a picture that never came."""
        self._broken.append(stamp)

    def picture(self, stamp: int | None, at_s: float, *, key: bool, corrupt: bool) -> bool:
        """Take one picture, by its packet's stamp; `corrupt` by the decoder. Whether it is damaged."""
        due = [broken for broken in self._broken if stamp is None or broken <= stamp]
        for broken in due:
            self._broken.remove(broken)
        if key:
            # What got lost before a key picture does not matter to it.
            self.damaged = corrupt or stamp in due
        elif due or corrupt:
            self.damaged = True
        elif self.damaged and at_s - self._hurt_s >= HEALED_AFTER_S:
            self.damaged = False
        if due or corrupt:
            self._hurt_s = at_s
        return self.damaged
