"""A thread of the eyes process ends when it is asked to, and does not flood the log."""

from __future__ import annotations

import threading

import pytest

from vision.worker_thread import WorkerThread

DEADLINE_S = 60.0


class Counting(WorkerThread):
    """Says the same failure again and again until it is stopped."""

    def __init__(self, failures: int = 0) -> None:
        super().__init__("counting")
        self.failures, self.stuck, self.ran_in = failures, threading.Event(), ""

    def _run(self) -> None:
        self.ran_in = threading.current_thread().name
        for number in range(self.failures):
            self._report(f"failure {number}")
        self.loaded.set()
        self._stopping.wait(DEADLINE_S)
        self.stuck.wait(DEADLINE_S)


def test_it_works_in_a_thread_of_its_own_until_it_is_stopped() -> None:
    work = Counting()
    assert not work.loaded.is_set()
    work.start()
    assert work.loaded.wait(DEADLINE_S) and work.ran_in == "counting"
    work.stop()
    assert not work.join(0.01), "the piece of work in progress goes on"
    work.stuck.set()
    assert work.join(DEADLINE_S)


def test_what_fails_on_every_frame_is_told_once_per_half_minute(capsys: pytest.CaptureFixture[str]) -> None:
    work = Counting(failures=5)
    work.start()
    assert work.loaded.wait(DEADLINE_S)
    work.stop()
    work.stuck.set()
    assert work.join(DEADLINE_S)
    assert capsys.readouterr().err == "failure 0\n"
