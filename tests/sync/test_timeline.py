"""Questions by wall time, against a plain walk over the whole log; an older file gains the index when it is opened."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sync.database import open_reader
from sync.errors import StoreUnusable
from sync.event import Event, EventDraft
from sync.queries import between
from sync.store import Store
from sync.timeline import Stamp, timeline_in, timeline_of

KINDS = ("alarm.opened", "alarm.closed", "alarmed", "lane.opened", "register.came_in")
entries = st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 50)), max_size=40)
spans = st.tuples(st.integers(0, 55), st.integers(0, 55))


def filled(folder: Path, given_events: list[tuple[str, int]]) -> Store:
    store = Store.open(folder / "menwei.db", gateway_id="g", ballast_bytes=0)
    drafts = [
        EventDraft(kind=kind, source="s", body={"n": n}, wall_us=wall_us, mono_ns=n)
        for n, (kind, wall_us) in enumerate(given_events)
    ]
    if drafts:
        store.append(drafts).result(timeout=30)
    return store


def expected(store: Store, prefixes: tuple[str, ...], since_us: int, until_us: int) -> list[Event]:
    return [e for e in store.read_after(0) if e.kind.startswith(prefixes) and since_us <= e.wall_us < until_us]


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(entries, spans, st.sampled_from((("alarm.",), ("alarm.", "lane.opened"), ("nothing.",))), st.integers(1, 5))
def test_a_span_holds_what_a_walk_over_everything_finds(
    tmp_path_factory: pytest.TempPathFactory,
    given_events: list[tuple[str, int]],
    span: tuple[int, int],
    prefixes: tuple[str, ...],
    limit: int,
) -> None:
    with filled(tmp_path_factory.mktemp("log"), given_events) as store:
        wanted = expected(store, prefixes, *span)
        log = timeline_of(store)
        assert list(log.walk(prefixes, *span)) == wanted
        assert between(store, prefixes, *span, limit) == wanted[-limit:]
        assert log.stamps(prefixes, *span) == [Stamp(e.seq, e.kind, e.wall_us) for e in wanted]
        before = wanted[-1].seq if wanted else 99
        assert list(log.backwards(prefixes, *span, before)) == [e for e in reversed(wanted) if e.seq < before]


def test_what_an_event_says_narrows_the_walk(tmp_path: Path) -> None:
    with filled(tmp_path, [("alarm.opened", 1)] * 12) as store:
        [found] = timeline_of(store).walk(("alarm.",), 0, 2, saying='{"n":7}')
        assert found.data() == {"n": 7}


def test_a_file_is_read_beside_its_gateway_and_an_absent_one_is_said(tmp_path: Path) -> None:
    with filled(tmp_path, [("alarm.opened", 1)]), timeline_in(tmp_path / "menwei.db") as log:
        assert [e.kind for e in log.walk(("alarm.",), 0, 2)] == ["alarm.opened"]
    with pytest.raises(StoreUnusable), timeline_in(tmp_path / "no.db"):
        pass


def test_the_index_answers_a_span_without_walking_the_log(tmp_path: Path) -> None:
    with filled(tmp_path, [("alarm.opened", 1)]):
        pass
    conn = open_reader(tmp_path / "menwei.db")
    span = "kind IN ('a', 'b') AND wall_us >= 1 AND wall_us < 2"
    sql = f"EXPLAIN QUERY PLAN SELECT seq FROM events WHERE {span} ORDER BY +seq DESC"
    plan = " ".join(row[3] for row in conn.execute(sql))
    conn.close()
    assert "COVERING INDEX events_by_time" in plan
