"""Who goes first, who is refused, and how often a board is called lost."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from devices.messages import CloseLane, FailReason, InputsRead, LinkBack, LinkLost, OpenLane, Priority
from devices.relay_board import BOARDS, Phase, Pulse, Verdict
from devices.schedule import BACK_OFF_MAX_S, LOST_AFTER_FAILURES, WAITING_MAX, BoardLink, CommandQueue, lost_verdict

MAP = BOARDS["waveshare-8"]
OFF, ON = (False,) * 8, (True,) * 8


def pulse(name: str, priority: Priority = Priority.OPEN, board: str = "a", **more: object) -> Pulse:
    command = OpenLane(id=name, lane="east", expires_mono_s=9.0, priority=priority)
    fresh = Pulse(command=command, board=board, map=MAP, unit=1, relay=1, pulse_s=0.5)
    return replace(fresh, **more)  # type: ignore[arg-type]


def drained(queue: CommandQueue) -> list[str]:
    out = []
    while (taken := queue.take()) is not None:
        out.append(taken.command.id)
    return out


def test_order_is_urgency_then_arrival() -> None:
    queue = CommandQueue()
    close = CloseLane(id="close", lane="east", expires_mono_s=9.0)
    queue.put(replace(pulse("x"), command=close))
    queue.put(pulse("resent", attempt=2))
    queue.put(pulse("read-back", phase=Phase.VERIFY))
    for name, priority in (("o1", Priority.OPEN), ("s", Priority.SAFETY), ("o2", Priority.OPEN), ("f", Priority.FIRE)):
        queue.put(pulse(name, priority))
    assert drained(queue) == ["f", "s", "o1", "o2", "read-back", "close", "resent"]


def test_a_ninth_command_is_refused_per_board() -> None:
    queue = CommandQueue()
    assert [queue.offer(pulse(str(n))) for n in range(WAITING_MAX)] == [None] * WAITING_MAX
    ninth = pulse("ninth")
    assert queue.offer(ninth) is ninth
    assert queue.offer(pulse("other board", board="b")) is None


def test_fire_takes_the_place_of_a_less_urgent_command() -> None:
    queue = CommandQueue()
    for n in range(WAITING_MAX):
        queue.offer(pulse(str(n)))
    refused = queue.offer(pulse("fire", Priority.FIRE))
    assert refused is not None
    assert refused.command.id == "0"
    assert drained(queue) == ["fire", "1", "2", "3", "4", "5", "6", "7"]


@given(st.lists(st.tuples(st.sampled_from(["a", "b"]), st.sampled_from(list(Priority)[:4])), max_size=40))
def test_every_command_is_either_taken_once_or_refused_once(arrivals: list[tuple[str, Priority]]) -> None:
    queue, refused = CommandQueue(), []
    for number, (board, priority) in enumerate(arrivals):
        if (out := queue.offer(pulse(str(number), priority, board))) is not None:
            refused.append(out.command.id)
        assert len(queue) <= 2 * WAITING_MAX
    assert sorted(drained(queue) + refused) == sorted(str(n) for n in range(len(arrivals)))


def test_a_bus_that_stops_reads_back_what_is_out_and_sends_nothing_more() -> None:
    queue = CommandQueue()
    for waiting in (pulse("fire", Priority.FIRE), pulse("out 1", phase=Phase.VERIFY), pulse("resent", attempt=2)):
        queue.put(waiting)
    queue.put(pulse("out 2", phase=Phase.VERIFY))
    taken = []
    while queue.sent():
        taken.append(queue.take_sent().command.id)
    assert taken == ["out 1", "out 2"]
    assert [left.command.id for left in queue.clear()] == ["fire", "resent"]


def test_clearing_one_board_leaves_the_other() -> None:
    queue = CommandQueue()
    for name, board in (("1", "a"), ("2", "b"), ("3", "a")):
        queue.offer(pulse(name, board=board))
    assert [p.command.id for p in queue.clear("a")] == ["1", "3"]
    assert drained(queue) == ["2"]


def test_a_lost_link_says_whether_bytes_had_been_sent() -> None:
    assert lost_verdict(pulse("1"), "gone").reason is FailReason.LINK_DOWN
    assert lost_verdict(pulse("1").sent(1.0), "gone").reason is FailReason.NO_REPLY
    known = Verdict(FailReason.BAD_REPLY, "noise")
    assert lost_verdict(pulse("1", attempt=2, last_failure=known).sent(1.0), "gone") is known


def link() -> BoardLink:
    return BoardLink(name="a", map=MAP, unit=1, period_s=0.1)


def test_the_first_read_brings_the_link_and_the_inputs() -> None:
    board = link()
    assert board.read(OFF, 5.0) == [
        LinkBack(board="a", levels=OFF, at_mono_s=5.0),
        InputsRead(board="a", levels=OFF, at_mono_s=5.0),
    ]
    assert board.due_mono_s == 5.1


def test_inputs_are_said_on_change_and_at_least_once_a_second() -> None:
    board, said = link(), []
    for step in range(40):
        now = step * 0.1
        levels = ON if 0.45 < now < 0.75 else OFF
        said += [(r.at_mono_s, r.levels) for r in board.read(levels, now) if isinstance(r, InputsRead)]
    times = [at for at, _ in said]
    assert [round(at, 1) for at, levels in said[:3]] == [0.0, 0.5, 0.8]
    assert max(b - a for a, b in pairwise(times)) <= 1.0
    assert len(said) < 10


def test_a_slow_poll_is_said_every_time() -> None:
    board = BoardLink(name="a", map=MAP, unit=1, period_s=5.0)
    assert len([r for n in range(4) for r in board.read(OFF, n * 5.0) if isinstance(r, InputsRead)]) == 4


def test_lost_once_back_once_whatever_happens_between() -> None:
    board, heard = link(), []
    heard += board.read(OFF, 0.0)
    for n in range(LOST_AFTER_FAILURES + 20):
        heard += board.failed("silence", 1.0 + n)
    heard += board.port_lost("unplugged", 60.0)
    heard += board.read(ON, 70.0)
    kinds = [type(r) for r in heard]
    assert kinds == [LinkBack, InputsRead, LinkLost, LinkBack, InputsRead]


def test_one_lost_reply_is_not_a_lost_board() -> None:
    board = link()
    board.read(OFF, 0.0)
    for n in range(20):
        assert board.failed("noise", n + 0.1) == []
        assert board.read(OFF, n + 0.2)[:-1] == []


def test_a_silent_board_is_asked_less_and_less_often_up_to_a_bound() -> None:
    board = link()
    waits = []
    for n in range(20):
        board.failed("silence", float(n))
        waits.append(board.due_mono_s - n)
    assert waits == sorted(waits)
    assert waits[-1] == BACK_OFF_MAX_S


def test_a_board_is_asked_at_once_when_its_port_is_back() -> None:
    board = link()
    for n in range(20):
        board.failed("silence", float(n))
    board.port_lost("unplugged", 20.0)
    assert board.due_mono_s <= 20.0
