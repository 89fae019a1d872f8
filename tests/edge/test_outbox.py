"""What waits for a channel: urgent first, never more than so many a minute, and nothing lost without being counted."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from edge.push.model import Notice
from edge.push.outbox import WAITING_MAX, WINDOW_S, Outbox, words


def notice(number: int, priority: int = 2, level: str = "guard") -> Notice:
    name = f"a{number}"
    return Notice(
        reference=name, alarm=name, level=level, priority=priority,
        title_zh=f"一般：{name}", title_en=f"general: {name}", text_zh="东门", text_en="east gate",
    )  # fmt: skip


def box(**more: float) -> Outbox:
    return Outbox(**{"per_minute": 6, "retry_s": 5.0, "give_up_s": 600.0, **more})  # type: ignore[arg-type]


def sent(out: Outbox, now_s: float) -> list[tuple[str, int]]:
    """Everything that may go out now: (alarm, how many it counts)."""
    found = []
    while (one := out.due(now_s)) is not None:
        found.append((one.notice.alarm, len(one.held)))
        out.delivered(one)
    return found


def test_the_most_urgent_goes_first() -> None:
    out = box()
    for number, priority in enumerate((3, 1, 2, 1)):
        out.put(notice(number, priority), 0.0)
    assert [name for name, _ in sent(out, 0.0)] == ["a1", "a3", "a2", "a0"]


def test_what_is_above_the_limit_is_a_number_in_the_next_message() -> None:
    out = box()
    for number in range(20):
        out.put(notice(number), 0.0)
    assert len(sent(out, 0.0)) == 6
    assert sent(out, WINDOW_S - 0.1) == []
    assert sent(out, WINDOW_S) == [("a6", 13)]


def test_an_urgent_one_breaks_through_the_flood() -> None:
    out = box()
    for number in range(20):
        out.put(notice(number), 0.0)
    sent(out, 0.0)
    out.put(notice(99, priority=1), 1.0)
    assert sent(out, 1.0) == [("a99", 14)]


def test_the_text_says_how_many_are_held_back() -> None:
    out = box(per_minute=1)
    for number in range(3):
        out.put(notice(number), 0.0)
    sent(out, 0.0)
    one = out.due(WINDOW_S)
    assert one is not None
    assert words(one, "zh") == ("一般：a1", "东门\n（另有 1 条被合并，未逐条发送）")
    assert words(one, "en") == ("general: a1", "east gate\n(and 1 more held back, not told one by one)")


def test_a_failure_is_tried_again_with_growing_pauses_until_it_is_given_up() -> None:
    out = box(give_up_s=100.0)
    out.put(notice(1), 0.0)
    tries, now_s = [], 0.0
    while now_s < 400:
        one = out.due(now_s)
        if one is not None:
            tries.append(now_s)
            if out.failed(one, now_s):
                break
        now_s += 1.0
    assert tries == [0.0, 5.0, 15.0, 35.0, 75.0, 155.0]
    assert (out.lost, out.waiting) == (1, [])


def test_a_self_test_is_never_held_back() -> None:
    out = box()
    for number in range(20):
        out.put(notice(number), 0.0)
    sent(out, 0.0)
    out.put(notice(50, 3, "test"), 1.0)
    assert sent(out, 1.0)[0][0] == "a50"


@settings(max_examples=200, deadline=None)
@given(
    per_minute=st.integers(1, 10),
    steps=st.lists(
        st.tuples(st.sampled_from(["put", "urgent", "wait", "work", "fail"]), st.integers(1, 40)), max_size=60
    ),
)
def test_every_message_is_told_counted_lost_or_still_waits_and_the_limit_holds(
    per_minute: int, steps: list[tuple[str, int]]
) -> None:
    out = box(per_minute=per_minute, give_up_s=50.0)
    now_s, number, told = 0.0, 0, 0
    first_tries: list[float] = []
    for what, amount in steps:
        if what in {"put", "urgent"}:
            for _ in range(amount):
                number += 1
                out.put(notice(number, 1 if what == "urgent" else 2), now_s)
        elif what == "wait":
            now_s += amount
        else:
            while (one := out.due(now_s)) is not None:
                first_tries += [now_s] if one.tries == 0 else []
                if what == "work":
                    told += 1 + len(one.held)
                    out.delivered(one)
                else:
                    out.failed(one, now_s)
        waiting = sum(1 + len(one.held) for one in out.waiting)
        assert told + out.lost + waiting + len(out.held) == number
        assert len(out.waiting) <= WAITING_MAX + 1
    for start in first_tries:
        assert sum(start <= at < start + WINDOW_S for at in first_tries) <= 2 * per_minute
