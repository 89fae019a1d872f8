"""What the demonstration's log says happened: counts and latencies, read back from the database. Shell: reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from edge.demo.script import Script
from edge.figures.numbers import percentile
from sync.central.verify import verify
from sync.export import read_events, verify_file

SPANS = ("frame_to_bytes_ms", "reading_ms", "own_ms", "decision_to_bytes_ms")


def summarise(database: Path, central: Path, script: Script) -> dict[str, Any]:
    """The summary of one run; ``chain_ok`` covers the log and the centre's copy."""
    kinds: dict[str, int] = {}
    spans: dict[str, list[float]] = {
        "frame_to_bytes_ms": [],
        "reading_ms": [],
        "own_ms": [],
        "decision_to_bytes_ms": [],
    }
    newest = by_phone = at_lanes = 0
    for event in read_events(database):
        newest = event.seq
        kinds[event.kind] = kinds.get(event.kind, 0) + 1
        by_phone += event.kind == "access.granted" and str(event.data().get("credential", "")).startswith("phone:")
        if event.kind == "command.done":
            body = event.data()
            at_lanes += event.source.startswith("lane:")
            for name, values in spans.items():
                if name in body:
                    values.append(body[name])
    copies = verify(central)
    return {
        "cars": script.cars,
        "opened": at_lanes,
        "door_openings": kinds.get("door.opened", 0),
        "by_phone": by_phone,
        "refused": kinds.get("access.denied", 0),
        "alarms": kinds.get("alarm.opened", 0),
        "events": newest,
        "pulled": sum(copy.events for copy in copies),
        "chain_ok": verify_file(database).ok and bool(copies) and all(copy.chain_ok for copy in copies),
        **{name: _spread(values) for name, values in spans.items()},
        "rounds": script.rounds,
        "by_hand": kinds.get("operator.opened", 0),
        "camera_lost": kinds.get("camera.lost", 0),
        "link_lost": kinds.get("link.lost", 0),
        "failures": script.failures,
    }


def _spread(values: list[float]) -> dict[str, float | None]:
    return {"p50": percentile(values, 50), "p99": percentile(values, 99)}
