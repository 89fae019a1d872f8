"""What waits for one channel: order, flood limit, retry. Core: time is passed in, in monotonic seconds.

At most ``per_minute`` messages a minute (urgent ones twice as many). What comes above that is held back and counted,
and the next message that goes out says how many. Nothing is dropped without being counted.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from edge.push.model import Notice

WINDOW_S = 60.0
WAITING_MAX = 100
"""Messages that wait; above that the least urgent is counted instead of told."""
PAUSE_MAX_S = 120.0
URGENT = 1
TEST_S = 30.0
"""A self-test's message is not worth more than this: its answer is that nothing goes out."""


@dataclass(slots=True)
class Waiting:
    """One message on its way."""

    notice: Notice
    since_s: float
    tries: int = 0
    next_s: float = 0.0
    held: list[Notice] = field(default_factory=list)
    """Told of by number alone, in this message."""


@dataclass(slots=True)
class Outbox:
    """One channel's messages."""

    per_minute: int
    retry_s: float
    give_up_s: float
    waiting: list[Waiting] = field(default_factory=list)
    held: list[Notice] = field(default_factory=list)
    """Counted in the next message."""
    sent_s: deque[float] = field(default_factory=deque)
    failing_since_s: float | None = None
    lost: int = 0

    def put(self, notice: Notice, now_s: float) -> None:
        """Take a message; where too many wait, the least urgent of them is only counted."""
        self.waiting.append(Waiting(notice, now_s, next_s=now_s))
        if len(self.waiting) > WAITING_MAX:
            least = max(self.waiting[1:], key=lambda one: (one.notice.priority, -one.since_s))
            self.waiting.remove(least)
            self.held += [least.notice, *least.held]

    def due(self, now_s: float) -> Waiting | None:
        """The message that may be tried now: the most urgent, the oldest of them first."""
        while self.sent_s and now_s - self.sent_s[0] >= WINDOW_S:
            self.sent_s.popleft()
        for one in sorted(self.waiting, key=lambda one: (one.notice.priority, one.since_s)):
            if one.next_s > now_s:
                continue
            if one.tries == 0 and not self._room(one.notice):
                # Held back: it will be a number in a message that goes out.
                self.waiting.remove(one)
                self.held.append(one.notice)
                continue
            if one.tries == 0:
                self.sent_s.append(now_s)
            if not one.held:
                one.held, self.held = self.held, []
            return one
        return self._summary(now_s)

    def delivered(self, one: Waiting) -> None:
        """It was taken."""
        self.waiting.remove(one)
        self.failing_since_s = None

    def failed(self, one: Waiting, now_s: float) -> bool:
        """It was not; True when it is given up."""
        one.tries += 1
        if self.failing_since_s is None:
            self.failing_since_s = now_s
        most_s = TEST_S if one.notice.level == "test" else self.give_up_s
        if now_s - one.since_s >= most_s:
            self.waiting.remove(one)
            self.lost += 1 + len(one.held)
            return True
        one.next_s = now_s + min(PAUSE_MAX_S, self.retry_s * 2.0 ** min(one.tries - 1, 10))
        return False

    def _room(self, notice: Notice) -> bool:
        """A self-test always goes out; urgent ones have twice the room."""
        if notice.level == "test":
            return True
        return len(self.sent_s) < self.per_minute * (2 if notice.priority <= URGENT else 1)

    def _summary(self, now_s: float) -> Waiting | None:
        """Once there is room again, the most urgent of what was held back goes out and counts the others."""
        if not self.held or self.waiting or len(self.sent_s) >= self.per_minute:
            return None
        first = min(self.held, key=lambda notice: notice.priority)
        self.held.remove(first)
        one = Waiting(first, now_s, held=self.held)
        self.held = []
        self.waiting.append(one)
        self.sent_s.append(now_s)
        return one


def words(one: Waiting, language: str) -> tuple[str, str]:
    """(title, text) as it goes out."""
    notice, n = one.notice, len(one.held)
    if language == "en":
        more = f"\n(and {n} more held back, not told one by one)" if n else ""
        return notice.title_en, notice.text_en + more
    more = f"\n（另有 {n} 条被合并，未逐条发送）" if n else ""
    return notice.title_zh, notice.text_zh + more
