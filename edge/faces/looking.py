"""Several children look at pictures at once; the answers come in the order of the pictures. Shell: threads."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

Answer = dict[str, Any]
Ask = Callable[[Iterable[Path]], Iterator[Answer]]
"""One child's answers to some pictures, in order (`vision.analyze_faces.answers`)."""

_AHEAD = 16
"""Answers that wait of each child."""
_STOP_POLL_S = 0.2


def looked_at(pictures: Sequence[Path], jobs: int, ask: Ask) -> Iterator[Answer]:
    """An answer a picture, in order; ends the children also when the taker leaves early."""
    if jobs <= 1 or len(pictures) < 2:
        yield from ask(pictures)
        return
    hands = [_Hand(pictures[number::jobs], ask) for number in range(min(jobs, len(pictures)))]
    try:
        for number in range(len(pictures)):
            yield hands[number % len(hands)].take()
    finally:
        for hand in hands:
            hand.stop()
        for hand in hands:
            hand.join()


class _Hand:
    """One child and the thread that asks it."""

    def __init__(self, pictures: Sequence[Path], ask: Ask) -> None:
        self._answers: queue.Queue[Answer | BaseException] = queue.Queue(_AHEAD)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(pictures, ask), name="look-at-pictures", daemon=True)
        self._thread.start()

    def take(self) -> Answer:
        """The next answer; raises what ended the thread."""
        answer = self._answers.get()
        if isinstance(answer, BaseException):
            raise answer
        return answer

    def stop(self) -> None:
        self._stopping.set()

    def join(self) -> None:
        self._thread.join()

    def _run(self, pictures: Sequence[Path], ask: Ask) -> None:
        try:
            for answer in ask(self._while_wanted(pictures)):
                self._put(answer)
        except Exception as error:  # noqa: BLE001 - raised again by who takes the answer
            self._put(error)

    def _while_wanted(self, pictures: Sequence[Path]) -> Iterator[Path]:
        for path in pictures:
            if self._stopping.is_set():
                return
            yield path

    def _put(self, answer: Answer | BaseException) -> None:
        while not self._stopping.is_set():
            with suppress(queue.Full):
                self._answers.put(answer, timeout=_STOP_POLL_S)
                return
