"""The self-test of alarms: a marked alarm goes through the real chain, and every link must answer. Core: pure.

A link that does not answer in its time is a fault alarm of its own, ``selftest.failed`` at ``selftest:LINK``; it
returns to normal when a later test finds the link working. The test's alarm sounds nothing and closes by itself.
"""

from __future__ import annotations

from dataclasses import replace

from edge.access.schedules import local
from edge.alarms.model import SELF_TEST
from edge.alarms.rules import GENERAL, SYSTEM, raise_alarm, returned, shut
from edge.intents import Confirm
from edge.observations import Written
from edge.react import siren
from edge.selftest.acts import BeginSelfTest, SelfTestSeen
from edge.selftest.model import Link, Run
from edge.turn import Turn

KIND = "selftest.alarm"
SETTLE_S = 60.0
"""After a start the plan waits so long: pages and boards come back first."""
PLAN = "plan"
WORDS = {"inbox": "接收 / inbox", "log": "日志 / log", "page": "页面 / page", "push": "推送 / push"}


def begin(turn: Turn, act: BeginSelfTest) -> tuple[bool, str]:
    """Begin one, unless one runs."""
    if turn.state.selftests.run is not None:
        return False, "selftest_runs"
    _begin(turn, act.operator.name, act.request_id, turn.now.mono_s - act.offered_mono_s, "")
    return True, "selftest_begun"


def seen(turn: Turn, act: SelfTestSeen) -> tuple[bool, str]:
    """A page has painted it; the first one counts."""
    run = turn.state.selftests.run
    if run is None or run.id != act.test:
        return False, "unknown_selftest"
    _answer(turn, "page", ok=True, detail=act.page)
    return True, "seen"


def on_written(turn: Turn, written: Written) -> None:
    """Its first event is on disk, or is not in time."""
    run = turn.state.selftests.run
    if run is not None and run.reference == written.reference:
        _answer(turn, "log", ok=written.durable, detail="" if written.durable else "not_durable")


def on_siren(turn: Turn, name: str, *, ok: bool, detail: str = "") -> None:
    """A siren's command was carried out and read back, or was not."""
    _answer(turn, f"siren:{name}", ok=ok, detail=detail)


def on_push(turn: Turn, channel: str, reference: str, *, ok: bool, detail: str = "") -> None:
    """A channel has delivered the test's message, or has given up."""
    run = turn.state.selftests.run
    if run is not None and run.id == reference:
        _answer(turn, f"push:{channel}", ok=ok, detail=detail)


def on_tick(turn: Turn) -> None:
    """Links that are late, the end, and the plan."""
    tests = turn.state.selftests
    if tests.up_since_mono_s is None:
        turn.state = replace(turn.state, selftests=replace(tests, up_since_mono_s=turn.now.mono_s))
        _clear_interrupted(turn)
    if tests.run is not None:
        for name, link in tests.run.links.items():
            if link.ok is None and turn.now.mono_s - tests.run.began_mono_s >= link.limit_s:
                _answer(turn, name, ok=False, detail="no_answer")
        _finish(turn)
    else:
        _plan(turn)


def _begin(turn: Turn, by: str, request: str, waited_s: float, day: str) -> None:
    settings = turn.state.settings.alarms.selftest
    test = SELF_TEST + turn.new_id()
    links = {
        "inbox": Link(limit_s=settings.log_s, ok=True, after_ms=round(max(0.0, waited_s) * 1e3, 1)),
        "log": Link(limit_s=settings.log_s),
        "page": Link(limit_s=settings.page_s),
        **{f"siren:{name}": Link(limit_s=settings.siren_s) for name in turn.state.settings.sirens},
        **{f"push:{name}": Link(limit_s=settings.push_s) for name in turn.state.settings.push.channels},
    }
    body = {"test": test, "by": by, "request": request, "links": list(links)}
    reference = turn.record("selftest.started", "selftest", body)
    run = Run(id=test, by=by, request=request, began_mono_s=turn.now.mono_s, reference=reference, links=links)
    turn.state = replace(
        turn.state, selftests=replace(turn.state.selftests, run=run, last_day=day or turn.state.selftests.last_day)
    )
    turn.intents.append(Confirm(reference))
    place = turn.state.settings.site.name
    raise_alarm(turn, KIND, SYSTEM, "selftest", place=place, event_id=reference, mark=SELF_TEST)
    for name in turn.state.settings.sirens:
        _try_siren(turn, name)


def _try_siren(turn: Turn, name: str) -> None:
    board = turn.state.settings.sirens[name].output.board
    if turn.state.boards[board].up is not True:
        _answer(turn, f"siren:{name}", ok=False, detail="link_down")
    elif turn.state.settings.alarms.selftest.chirp:
        siren.chirp(turn, name)
    else:
        _answer(turn, f"siren:{name}", ok=True, detail="board_answers")


def _answer(turn: Turn, name: str, *, ok: bool, detail: str) -> None:
    tests = turn.state.selftests
    known = tests.run.links.get(name) if tests.run is not None else None
    if tests.run is None or known is None or known.ok is not None:
        return
    after_ms = round((turn.now.mono_s - tests.run.began_mono_s) * 1e3, 1)
    link = replace(known, ok=ok, after_ms=after_ms, detail=detail)
    run = replace(tests.run, links={**tests.run.links, name: link})
    turn.state = replace(turn.state, selftests=replace(tests, run=run))
    if ok:
        returned(turn, "selftest.failed", f"selftest:{name}")
        return
    body = {"test": run.id, "link": name, "detail": detail, "within_s": link.limit_s}
    event_id = turn.record("selftest.failed", f"selftest:{name}", body)
    place = _in_words(turn, name)
    raise_alarm(turn, "selftest.failed", GENERAL, f"selftest:{name}", place=place, event_id=event_id, detail=detail)


def _in_words(turn: Turn, link: str) -> str:
    """A link as the guard reads it."""
    kind, _, name = link.partition(":")
    if kind == "siren":
        return turn.state.settings.sirens[name].place or name
    return f"{WORDS.get(kind, kind)} {name}".strip()


def _finish(turn: Turn) -> None:
    tests = turn.state.selftests
    run = tests.run
    if run is None or any(link.ok is None for link in run.links.values()):
        return
    _close(turn, "passed" if all(link.ok for link in run.links.values()) else "failed")
    body = {
        "test": run.id,
        "by": run.by,
        "request": run.request,
        "ok": all(link.ok for link in run.links.values()),
        "took_ms": round((turn.now.mono_s - run.began_mono_s) * 1e3, 1),
        "links": [link.row(name) for name, link in run.links.items()],
        "day": tests.last_day if run.by == PLAN else "",
    }
    turn.record("selftest.done", "selftest", body)
    turn.state = replace(turn.state, selftests=replace(tests, run=None, last=body, last_at_s=turn.now.wall_s))


def _plan(turn: Turn) -> None:
    """Once a day at its time, or as soon after it as the gateway runs."""
    settings, tests = turn.state.settings, turn.state.selftests
    at, since_s = settings.alarms.selftest.at, tests.up_since_mono_s
    if at is None or since_s is None or turn.now.mono_s - since_s < SETTLE_S:
        return
    moment = local(turn.now.wall_s, settings.site.timezone)
    day = moment.date().isoformat()
    if day != tests.last_day and moment.strftime("%H:%M") >= at:
        _begin(turn, PLAN, f"{PLAN}-{day}", 0.0, day)


def _clear_interrupted(turn: Turn) -> None:
    """A restart cut a test short: its alarm says nothing any more."""
    if turn.state.selftests.run is None:
        _close(turn, "interrupted")


def _close(turn: Turn, outcome: str) -> None:
    for alarm in tuple(turn.state.alarms.values()):
        if alarm.kind == KIND:
            shut(turn, alarm, outcome, "", "gateway")
    # The next test is a new alarm, however soon it comes.
    recent = {key: row for key, row in turn.state.recent.items() if row.alarm.kind != KIND}
    turn.state = replace(turn.state, recent=recent)
