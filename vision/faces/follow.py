"""Core: the faces of consecutive frames of one camera: searched now and then, followed between. Time is passed in.

Whoever is looked at is sought only where they were, which takes a third of a search; a new search every `SEARCH_S`,
or as soon as they are gone, sees who has come beside them.
"""

from __future__ import annotations

from typing import Protocol

from vision.faces.align import Image
from vision.faces.face import Face

SEARCH_S = 0.5


class Finder(Protocol):
    """The part of an engine that finds: `vision.faces.engine.FaceEngine`."""

    def find(self, image: Image) -> list[Face]:
        """The faces of a BGR picture, the foremost first."""
        ...

    def again(self, image: Image, face: Face) -> Face | None:
        """A face of the last frame in this one; None where it is gone."""
        ...


class Follower:
    """For one camera; a change of the frame's size begins anew."""

    def __init__(self) -> None:
        self._faces: list[Face] = []
        self._shape: tuple[int, ...] = ()
        self._searched_s = float("-inf")

    def faces(self, image: Image, now_s: float, finder: Finder) -> list[Face]:
        """The faces of this frame, the foremost first."""
        if 0 <= now_s - self._searched_s < SEARCH_S and image.shape == self._shape and len(self._faces) == 1:
            face = finder.again(image, self._faces[0])
            if face is not None:
                self._faces = [face]
                return self._faces
        self._faces, self._shape, self._searched_s = finder.find(image), image.shape, now_s
        return self._faces
